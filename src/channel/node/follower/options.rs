//! The times of following a store.

use std::time::Duration;

use crate::{channel::node::backoff::Pauses, store::PublisherId};

/// The times of a [`Follower`](super::Follower).
#[derive(Clone, Debug)]
pub(in crate::channel) struct FollowOptions {
    /// The id under which losses are recorded. It is not that of the node's committer.
    pub(in crate::channel) publisher: PublisherId,
    /// The time without a record after which the node is compared with the store.
    pub(in crate::channel) idle: Duration,
    /// The time-out of a call.
    pub(in crate::channel) call_timeout: Duration,
    pub(in crate::channel::node) pauses: Pauses,
}

impl FollowOptions {
    pub(in crate::channel) fn new() -> Self {
        Self {
            publisher: PublisherId::draw(),
            idle: Duration::from_secs(5),
            call_timeout: Duration::from_secs(5),
            pauses: Pauses {
                first: Duration::from_millis(10),
                max: Duration::from_secs(2),
            },
        }
    }
}
