//! Publishes that wait for their answer.

use std::time::Instant;

use super::error::CommitError;
use crate::{
    store::{Entry, Epoch, Position},
    sync::{OwnedSemaphorePermit, oneshot},
};

/// The place of an event that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::channel) struct Committed {
    pub(in crate::channel) epoch: Epoch,
    pub(in crate::channel) position: Position,
}

/// A publish that waits for its batch.
#[derive(Debug)]
pub(super) struct Waiting {
    /// One or more, which are stored together or not at all. The answer is that of the last.
    pub(super) entries: Vec<Entry>,
    pub(super) waiter: Waiter,
}

impl Waiting {
    pub(super) fn bytes(&self) -> usize {
        let entries = self.entries.iter();
        entries.map(|entry| entry.bytes().len()).sum()
    }
}

/// The part of a publish that gets the answer.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) deadline: Instant,
    answer: oneshot::Sender<Result<Committed, CommitError>>,
    /// The room that it takes until it is answered.
    _room: OwnedSemaphorePermit,
}

impl Waiter {
    pub(super) fn new(
        deadline: Instant,
        answer: oneshot::Sender<Result<Committed, CommitError>>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            deadline,
            answer,
            _room: room,
        }
    }

    pub(super) fn answer(self, result: Result<Committed, CommitError>) {
        // It fails if the future of the publish was dropped, which unpublishes nothing.
        let _ = self.answer.send(result);
    }
}
