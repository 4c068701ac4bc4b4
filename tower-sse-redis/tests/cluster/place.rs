//! Places in the sequence of a hub, as clients read them in ids.

use std::sync::{Mutex, PoisonError};

/// A place: the index of its epoch, and the position.
pub(crate) type Place = (usize, u64);

/// The epochs, in the order in which they were seen first.
#[derive(Debug, Default)]
pub(crate) struct Epochs(Mutex<Vec<String>>);

impl Epochs {
    /// Reads an id: "epoch-position".
    pub(crate) fn parse(&self, id: &str) -> Place {
        let (epoch, number) = id.split_once('-').expect("an id of a hub");
        (self.index(epoch), number.parse().unwrap())
    }

    /// Reads the id of an entry of a stream of Redis: "milliseconds-sequence".
    pub(crate) fn parse_entry(&self, epoch: &str, id: &str) -> Place {
        (self.index(epoch), number(id))
    }

    fn index(&self, epoch: &str) -> usize {
        let mut epochs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = epochs.iter().position(|one| one == epoch);
        found.unwrap_or_else(|| {
            epochs.push(epoch.to_owned());
            epochs.len() - 1
        })
    }
}

/// Returns the position that an id of Redis stands for: 20 bits of sequence below the milliseconds.
pub(crate) fn number(id: &str) -> u64 {
    let (milliseconds, sequence) = id.split_once('-').expect("an id of Redis");
    let (milliseconds, sequence): (u64, u64) =
        (milliseconds.parse().unwrap(), sequence.parse().unwrap());
    milliseconds * 1_048_576 + sequence
}
