//! The publishers that a store remembers.

use std::collections::BTreeMap;

use crate::store::{Appended, Batch, PublisherId, StoreError, StoreErrorKind};

/// The newest batch of each publisher, and its answer.
#[derive(Debug)]
pub(super) struct Publishers {
    max: usize,
    /// The number of batches, by which the publisher that was silent for the longest is found.
    batches: u64,
    newest: BTreeMap<PublisherId, Answered>,
}

#[derive(Debug)]
struct Answered {
    counter: u64,
    batch: u64,
    answer: Appended,
}

impl Publishers {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            batches: 0,
            newest: BTreeMap::new(),
        }
    }

    /// Returns the answer to a batch that is stored already.
    pub(super) fn answer(&self, batch: &Batch<'_>) -> Result<Option<Appended>, StoreError> {
        let Some(newest) = self.newest.get(&batch.publisher) else {
            return Ok(None);
        };
        if batch.counter < newest.counter {
            let cause = "the store has a newer batch of this publisher";
            return Err(StoreError::with_source(StoreErrorKind::Refused, cause));
        }
        let is_stored = batch.counter == newest.counter;
        Ok(is_stored.then(|| newest.answer.clone()))
    }

    /// Remembers a batch that was stored.
    pub(super) fn remember(&mut self, batch: &Batch<'_>, answer: Appended) {
        self.batches += 1;
        let answered = Answered {
            counter: batch.counter,
            batch: self.batches,
            answer,
        };
        self.newest.insert(batch.publisher, answered);
        if self.newest.len() > self.max {
            self.forget_one();
        }
    }

    fn forget_one(&mut self) {
        let oldest = self.newest.iter().min_by_key(|(_, newest)| newest.batch);
        if let Some(publisher) = oldest.map(|(publisher, _)| *publisher) {
            self.newest.remove(&publisher);
        }
    }
}
