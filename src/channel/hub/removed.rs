//! The positions up to which removed channels of a hub may have lost events.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The numbers up to which removed channels may have lost events.
///
/// A client that resumes on a channel that was removed, and perhaps made anew, has a gap if its id is
/// lower. The table is bounded: what falls out of it, the lowest number first, raises the *floor*, which
/// counts for all channels that are not in it. So a client with an old id may have a gap that is none,
/// but it never misses an event in silence.
#[derive(Debug)]
pub(super) struct RemovedChannels {
    max: usize,
    numbers: BTreeMap<Arc<str>, u64>,
    lowest: BTreeSet<(u64, Arc<str>)>,
    floor: u64,
}

impl RemovedChannels {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            numbers: BTreeMap::new(),
            lowest: BTreeSet::new(),
            floor: 0,
        }
    }

    /// Adds a channel, which has lost events up to this number.
    pub(super) fn add(&mut self, name: &Arc<str>, number: u64) {
        let number = number.max(self.take(name));
        if number <= self.floor {
            return;
        }
        self.numbers.insert(Arc::clone(name), number);
        self.lowest.insert((number, Arc::clone(name)));
        while self.numbers.len() > self.max {
            let Some((lowest, name)) = self.lowest.pop_first() else {
                return;
            };
            self.numbers.remove(&name);
            self.floor = self.floor.max(lowest);
        }
    }

    /// Counts the events of all removed channels up to this number as lost.
    pub(super) fn raise_floor(&mut self, number: u64) {
        self.floor = self.floor.max(number);
    }

    /// Forgets all channels, which have lost events up to this number.
    pub(super) fn restart_after(&mut self, number: u64) {
        self.numbers.clear();
        self.lowest.clear();
        self.floor = number;
    }

    /// Takes out a channel that is made anew. Returns the number up to which it may have lost events.
    pub(super) fn take(&mut self, name: &str) -> u64 {
        let Some((name, number)) = self.numbers.remove_entry(name) else {
            return self.floor;
        };
        self.lowest.remove(&(number, name));
        number.max(self.floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_out_of_the_table_counts_for_all() {
        let mut removed = RemovedChannels::new(2);
        let [a, b, c] = ["a", "b", "c"].map(Arc::from);
        removed.add(&a, 7);
        removed.add(&b, 5);
        assert_eq!(removed.take("d"), 0);
        removed.add(&c, 9);
        assert_eq!(removed.take("d"), 5, "as b, which may be d");
        assert_eq!(removed.take("a"), 7);
        assert_eq!(removed.take("a"), 5, "it was taken out");
        assert_eq!(removed.take("c"), 9);
    }

    #[test]
    fn a_channel_keeps_its_highest_number() {
        let mut removed = RemovedChannels::new(2);
        let a = Arc::from("a");
        removed.add(&a, 7);
        removed.add(&a, 3);
        assert_eq!(removed.take("a"), 7);
        assert_eq!(removed.take("a"), 0);
    }
}
