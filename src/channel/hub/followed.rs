//! A hub as the follower of its store sees it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    time::Instant,
};

use super::{outages::Outages, shared::HubShared};
use crate::{
    channel::node::NodeLog,
    store::{Epoch, Position, StoreError, StoreErrorKind, StoredEntry},
};

/// A hub that follows a store, and that the task which follows it does not keep.
pub(super) struct FollowedHub(Weak<HubShared>);

impl FollowedHub {
    pub(super) fn new(hub: &Arc<HubShared>) -> Self {
        Self(Arc::downgrade(hub))
    }

    fn with(&self, change: impl FnOnce(&Arc<HubShared>)) {
        if let Some(hub) = self.0.upgrade() {
            change(&hub);
        }
    }

    fn with_outages(&self, change: impl FnOnce(&Outages, Instant)) {
        self.with(|hub| {
            if let Some(node) = &hub.node {
                change(&node.outages, hub.timer.now());
            }
        });
    }
}

impl Drop for FollowedHub {
    fn drop(&mut self) {
        let is_stopped = |hub: &HubShared| hub.node.iter().any(|node| node.stop.is_stopped());
        if self.0.upgrade().is_some_and(|hub| !is_stopped(&hub)) {
            let text = "the executor has dropped the task that follows the store";
            self.failed(&StoreError::with_source(StoreErrorKind::Unavailable, text));
        }
    }
}

impl NodeLog for FollowedHub {
    fn begin(&self, epoch: Epoch, base: Position) {
        self.with(|hub| hub.begin_epoch(epoch, base.get()));
    }

    fn hole(&self, base: Position) {
        self.with(|hub| hub.skip_hole(base.get()));
    }

    fn append(&self, stored: &StoredEntry) {
        self.with(|hub| {
            hub.note_followed();
            // It makes channels, whose options come from a closure of the user's. One that panics must not end the
            // task. What was not appended is read from the store.
            let append = AssertUnwindSafe(|| hub.append_entry(stored));
            if catch_unwind(append).is_err() {
                hub.skip_hole(stored.position.get());
            }
        });
    }

    fn advance(&self, to: Position) {
        self.with(|hub| {
            hub.note_followed();
            hub.advance(to.get());
        });
    }

    fn lost(&self, at: Position) {
        self.with(|hub| hub.note_lost(at.get()));
    }

    fn caught_up(&self) {
        self.with(|hub| {
            if let Some(node) = &hub.node {
                node.set_caught_up();
                node.presence.start();
            }
        });
    }

    fn silent(&self) {
        self.with(|hub| hub.note_followed());
    }

    fn failed(&self, error: &StoreError) {
        self.with(|hub| hub.note_failed());
        self.with_outages(|outages, now| outages.fail(error, now));
    }

    fn recovered(&self) {
        self.with_outages(Outages::end);
    }
}
