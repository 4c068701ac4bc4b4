//! The positions that the store has acknowledged.

use std::collections::VecDeque;

use crate::store::Position;

/// The maximum number of batches that are remembered.
const MAX_BATCHES: usize = 1024;

/// The last positions of batches that were acknowledged and that the tail has not brought yet, in order.
///
/// A store loses the newest of its records, so the last position of a batch stands for all of it. The highest
/// position alone would not do, because what is acknowledged after a loss would hide what was lost.
#[derive(Debug, Default)]
pub(super) struct Acknowledged(VecDeque<Position>);

impl Acknowledged {
    pub(super) fn push(&mut self, position: Position) {
        // A full queue keeps its oldest positions and the newest.
        self.0.truncate(MAX_BATCHES - 1);
        self.0.push_back(position);
    }

    pub(super) fn highest(&self) -> Option<Position> {
        self.0.back().copied()
    }

    /// Takes the lowest position, if it is not above another one.
    pub(super) fn pop_upto(&mut self, position: Position) -> Option<Position> {
        let front = self.0.front().filter(|front| **front <= position);
        front.is_some().then(|| self.0.pop_front())?
    }

    pub(super) fn drop_upto(&mut self, position: Position) {
        while self.pop_upto(position).is_some() {}
    }
}
