//! Channels that are drawn at random.

use crate::random::Random;

impl Random {
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
