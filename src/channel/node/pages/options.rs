//! The bounds of pages.

use std::time::Duration;

use crate::channel::node::backoff::Pauses;

/// The bounds of the pages that the subscriptions of a node read.
#[derive(Clone, Debug)]
pub(in crate::channel) struct PageOptions {
    /// The maximum number of entries of a page; at least one.
    pub(in crate::channel) entries: usize,
    /// The maximum number of pages that are read at the same time; at least one.
    pub(in crate::channel) concurrent: usize,
    /// The time after which a subscription goes on without older events, and reports the gap.
    pub(in crate::channel) timeout: Duration,
    pub(in crate::channel::node) pauses: Pauses,
}

impl PageOptions {
    pub(in crate::channel) fn new() -> Self {
        Self {
            entries: 500,
            concurrent: 16,
            timeout: Duration::from_secs(10),
            pauses: Pauses {
                first: Duration::from_millis(10),
                max: Duration::from_secs(1),
            },
        }
    }
}
