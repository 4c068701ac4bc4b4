//! A batch between its first attempt and its answer.

use std::{mem, time::Instant};

use super::{
    error::CommitError,
    waiter::{Committed, Waiter, Waiting},
};
use crate::store::{Appended, Entry, StoreError};

/// A publish in a batch.
#[derive(Debug)]
struct Place {
    /// The number of its entries.
    len: usize,
    /// `None` once it is answered.
    waiter: Option<Waiter>,
}

/// A batch that is not answered yet.
#[derive(Debug, Default)]
pub(super) struct OpenBatch {
    entries: Vec<Entry>,
    /// One for each publish, in the order of the entries.
    places: Vec<Place>,
    /// Whether the store may have the batch. Its entries cannot be changed then.
    is_doubtful: bool,
    error: Option<StoreError>,
}

impl OpenBatch {
    /// Adds a publish, unless its time is over.
    pub(super) fn push(&mut self, waiting: Waiting, now: Instant) {
        let Waiting { entries, waiter } = waiting;
        if waiter.deadline <= now {
            waiter.answer(Err(CommitError::TimedOut(None)));
            return;
        }
        self.places.push(Place {
            len: entries.len(),
            waiter: Some(waiter),
        });
        self.entries.extend(entries);
    }

    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns `true` if it has more than one publish.
    pub(super) fn can_split(&self) -> bool {
        self.places.len() > 1
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// Returns the next time at which a publish gives up, unless all have been answered.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let waiters = self.places.iter().flat_map(|place| &place.waiter);
        waiters.map(|waiter| waiter.deadline).min()
    }

    /// Notes a failed attempt; `None` if the store has not answered.
    pub(super) fn fail_attempt(&mut self, error: Option<StoreError>) {
        self.is_doubtful |= error.as_ref().is_none_or(StoreError::is_unknown);
        self.error = error.or(self.error.take());
    }

    /// Answers the publishes whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        let is_over = |waiter: &mut Waiter| waiter.deadline <= now;
        let places = self.places.iter_mut();
        let mut over = places.filter_map(|place| place.waiter.take_if(is_over));
        over.by_ref()
            .for_each(|waiter| waiter.answer(Err(timed_out(self.is_doubtful, &self.error))));
        // What is certainly not stored must not be stored by the next attempt. A batch in doubt stays as it is,
        // because its counter stands for these entries.
        if !self.is_doubtful {
            self.drop_answered();
        }
    }

    fn drop_answered(&mut self) {
        let mut entries = mem::take(&mut self.entries).into_iter();
        for place in &self.places {
            let its = entries.by_ref().take(place.len);
            match place.waiter {
                Some(_) => self.entries.extend(its),
                None => drop(its.collect::<Vec<_>>()),
            }
        }
        self.places.retain(|place| place.waiter.is_some());
    }

    /// Answers all publishes with the positions of their last entries.
    pub(super) fn succeed(self, appended: &Appended) {
        let mut positions = appended.positions.iter();
        for place in self.places {
            let last = positions.by_ref().take(place.len).last();
            if let Some((waiter, position)) = place.waiter.zip(last) {
                waiter.answer(Ok(Committed {
                    epoch: appended.epoch,
                    position: *position,
                }));
            }
        }
    }

    /// Answers all publishes with an error that no other attempt will change.
    pub(super) fn fail(self, error: StoreError) {
        let error = match self.is_doubtful {
            true => CommitError::Unknown(Some(error)),
            false => CommitError::Store(error),
        };
        for waiter in self.places.into_iter().filter_map(|place| place.waiter) {
            waiter.answer(Err(error.clone()));
        }
    }

    /// Makes a batch of each publish.
    pub(super) fn split(self) -> impl Iterator<Item = Self> {
        let mut entries = self.entries.into_iter();
        self.places.into_iter().map(move |place| Self {
            entries: entries.by_ref().take(place.len).collect(),
            places: vec![place],
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
