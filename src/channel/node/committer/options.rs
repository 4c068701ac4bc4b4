//! The bounds of publishing through a store.

use std::time::Duration;

use crate::{channel::node::backoff::Pauses, store::PublisherId};

/// The bounds of a [`Committer`](super::Committer).
#[derive(Clone, Debug)]
pub(in crate::channel) struct CommitOptions {
    pub(in crate::channel) publisher: PublisherId,
    /// The maximum number of entries of a batch; at least one.
    pub(in crate::channel) batch_entries: usize,
    /// The maximum number of bytes of a batch. A larger entry is a batch of its own.
    pub(in crate::channel) batch_bytes: usize,
    /// The maximum number of bytes that wait to be appended, with 256 for the place of each entry. Beyond that,
    /// publishes wait for room until their time-out.
    pub(in crate::channel) waiting_bytes: usize,
    /// The time after which a publish gives up.
    pub(in crate::channel) timeout: Duration,
    pub(in crate::channel::node) pauses: Pauses,
}

impl CommitOptions {
    pub(in crate::channel) fn new() -> Self {
        Self {
            publisher: PublisherId::draw(),
            batch_entries: 100,
            batch_bytes: 1 << 20,
            waiting_bytes: 16 << 20,
            timeout: Duration::from_secs(10),
            pauses: Pauses {
                first: Duration::from_millis(10),
                max: Duration::from_secs(1),
            },
        }
    }
}
