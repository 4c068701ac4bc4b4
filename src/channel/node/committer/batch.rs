//! A batch between its first attempt and its answer.

use std::time::Instant;

use super::{
    error::CommitError,
    waiter::{Committed, Waiter, Waiting},
};
use crate::store::{Appended, Entry, StoreError};

/// A batch that is not answered yet.
#[derive(Debug, Default)]
pub(super) struct OpenBatch {
    entries: Vec<Entry>,
    /// One for each entry; `None` once it is answered.
    waiters: Vec<Option<Waiter>>,
    /// Whether the store may have the batch. Its entries cannot be changed then.
    is_doubtful: bool,
    error: Option<StoreError>,
}

impl OpenBatch {
    /// Adds a publish, unless its time is over.
    pub(super) fn push(&mut self, waiting: Waiting, now: Instant) {
        let Waiting { entry, waiter } = waiting;
        if waiter.deadline <= now {
            waiter.answer(Err(CommitError::TimedOut(None)));
            return;
        }
        self.entries.push(entry);
        self.waiters.push(Some(waiter));
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// Returns the next time at which a publish gives up, unless all have been answered.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let waiters = self.waiters.iter().flatten();
        waiters.map(|waiter| waiter.deadline).min()
    }

    /// Notes a failed attempt; `None` if the store has not answered.
    pub(super) fn fail_attempt(&mut self, error: Option<StoreError>) {
        self.is_doubtful |= error.as_ref().is_none_or(StoreError::is_unknown);
        self.error = error.or(self.error.take());
    }

    /// Answers the publishes whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        let mut is_over = Vec::with_capacity(self.waiters.len());
        for place in &mut self.waiters {
            let waiter = place.take_if(|waiter| waiter.deadline <= now);
            is_over.push(waiter.is_some());
            if let Some(waiter) = waiter {
                waiter.answer(Err(timed_out(self.is_doubtful, &self.error)));
            }
        }
        // What is certainly not stored must not be stored by the next attempt. A batch in doubt stays as it is,
        // because its counter stands for these entries.
        if !self.is_doubtful {
            retain(&mut self.entries, &is_over);
            retain(&mut self.waiters, &is_over);
        }
    }

    /// Answers all publishes with their positions.
    pub(super) fn succeed(self, appended: &Appended) {
        let positions = appended.positions.iter();
        for (waiter, position) in self.waiters.into_iter().zip(positions) {
            let committed = Committed {
                epoch: appended.epoch,
                position: *position,
            };
            if let Some(waiter) = waiter {
                waiter.answer(Ok(committed));
            }
        }
    }

    /// Answers all publishes with an error that no other attempt will change.
    pub(super) fn fail(self, error: StoreError) {
        let error = match self.is_doubtful {
            true => CommitError::Unknown(Some(error)),
            false => CommitError::Store(error),
        };
        for waiter in self.waiters.into_iter().flatten() {
            waiter.answer(Err(error.clone()));
        }
    }

    /// Makes a batch of each entry.
    pub(super) fn split(self) -> impl Iterator<Item = Self> {
        let places = self.entries.into_iter().zip(self.waiters);
        places.map(|(entry, waiter)| Self {
            entries: vec![entry],
            waiters: vec![waiter],
            ..Self::default()
        })
    }
}

fn timed_out(is_doubtful: bool, error: &Option<StoreError>) -> CommitError {
    match is_doubtful {
        true => CommitError::Unknown(error.clone()),
        false => CommitError::TimedOut(error.clone()),
    }
}

fn retain<T>(items: &mut Vec<T>, is_over: &[bool]) {
    let mut is_over = is_over.iter();
    items.retain(|_| !is_over.next().is_some_and(|is_over| *is_over));
}
