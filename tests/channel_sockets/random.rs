//! Random numbers from a seed.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Draws the same numbers whenever it is made with the same seed.
pub(crate) struct Random {
    seed: u64,
    drawn: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Draws a number below this.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        hasher.hash_one((self.seed, self.drawn)) as usize % end
    }

    /// Draws this many different numbers below the end, in any order.
    pub(crate) fn different(&mut self, count: usize, end: usize) -> Vec<usize> {
        let mut drawn = Vec::new();
        while drawn.len() < count {
            let next = self.below(end);
            if !drawn.contains(&next) {
                drawn.push(next);
            }
        }
        drawn
    }
}
