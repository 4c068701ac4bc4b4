//! A follower of a store's tail.

use std::{fmt, future::Future, mem, pin::pin, sync::Arc};

use futures_util::future::select;

use super::options::FollowOptions;
use crate::{
    channel::node::{
        backoff::Backoff, panics::without_panics, seen::Seen, shared_store::SharedStore,
    },
    store::{Head, Position, StoreError, StoreErrorKind},
    time::SharedTimer,
};

/// Follows the tail of a store, and keeps the memory of a node complete.
///
/// The tail is compared with what the node knows: a record whose `before` is another position than the node's
/// is a hole; a position that the node knows and that the tail leaves out was lost.
pub(in crate::channel) struct Follower<L> {
    pub(super) store: SharedStore,
    pub(super) log: Arc<L>,
    pub(super) seen: Arc<Seen>,
    pub(super) timer: SharedTimer,
    pub(super) options: FollowOptions,
    /// The counter of the batches that record losses.
    pub(super) counter: u64,
    /// The state of the store in an epoch that the node has not begun.
    pub(super) fresh: Option<Head>,
    /// The last position of the store when it was last compared.
    pub(super) target: Position,
    pub(super) is_caught_up: bool,
    /// Whether the log has a failure noted.
    is_failing: bool,
    /// The highest lost position that the store was asked to record.
    pub(super) asked: Position,
}

impl<L> Follower<L> {
    /// Creates the follower of a node, which shares `seen` with the node's committer and pages.
    pub(in crate::channel) fn new(
        store: SharedStore,
        log: Arc<L>,
        seen: Arc<Seen>,
        timer: SharedTimer,
        options: FollowOptions,
    ) -> Self {
        Self {
            store,
            log,
            seen,
            timer,
            options,
            counter: 0,
            fresh: None,
            target: Position::ZERO,
            is_caught_up: false,
            is_failing: false,
            asked: Position::ZERO,
        }
    }
}

impl<L: super::NodeLog> Follower<L> {
    /// Follows the tail until `stop` is ready. An executor gives no way to end a task from outside.
    pub(in crate::channel) async fn run(self, stop: impl Future<Output = ()>) {
        select(pin!(self.follow_forever()), pin!(stop)).await;
    }

    fn fail(&mut self, error: &StoreError) {
        self.is_failing = true;
        self.log.failed(error);
    }

    /// Notes that the store was followed, or that there is nothing to follow.
    pub(super) fn succeed(&mut self) {
        if mem::take(&mut self.is_failing) {
            self.log.recovered();
        }
    }

    async fn follow_forever(mut self) {
        let mut backoff = Backoff::new(&self.timer, self.options.pauses);
        let mut was_stuck = false;
        loop {
            let before = self.seen.position();
            let connection = self.connection(&mut backoff);
            let followed = without_panics(StoreErrorKind::Unavailable, connection).await;
            let is_stuck = followed.is_ok() && self.seen.position() == before;
            match followed {
                Err(error) => self.fail(&error),
                // Once is no failure: that is how a store is found to be emptied.
                Ok(()) if is_stuck && was_stuck => {
                    let cause = "its tail and its reads contradict each other";
                    self.fail(&StoreError::with_source(StoreErrorKind::Unavailable, cause));
                }
                Ok(()) => {}
            }
            was_stuck = is_stuck;
            // Without an error, too: a tail of another server than the reads would be opened all the time.
            self.timer.sleep(backoff.pause()).await;
        }
    }
}

impl<L> fmt::Debug for Follower<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("options", &self.options)
            .field("target", &self.target)
            .field("is_caught_up", &self.is_caught_up)
            .finish_non_exhaustive()
    }
}
