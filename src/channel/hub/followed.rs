//! A hub as the follower of its store sees it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use super::shared::HubShared;
use crate::{
    channel::node::NodeLog,
    store::{Epoch, Position, StoreError, StoredEntry},
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
            // It makes channels, whose options come from a closure of the user's. One that panics must not end the
            // task. What was not appended is read from the store.
            let append = AssertUnwindSafe(|| hub.append_entry(stored));
            if catch_unwind(append).is_err() {
                hub.skip_hole(stored.position.get());
            }
        });
    }

    fn advance(&self, to: Position) {
        self.with(|hub| hub.advance(to.get()));
    }

    fn lost(&self, at: Position) {
        self.with(|hub| hub.note_lost(at.get()));
    }

    fn caught_up(&self) {
        self.with(|hub| hub.node.iter().for_each(|node| node.set_caught_up()));
    }

    fn failed(&self, _error: &StoreError) {}
}
