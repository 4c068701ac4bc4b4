//! The pages that subscriptions read.

use super::{Epoch, Position, StoredEntry, Topic};

/// The state of a store at the moment of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The epoch of the store.
    pub epoch: Epoch,
    /// The highest position of a record; zero if there was none.
    pub last: Position,
    /// The position of the newest [`Record::Lost`](super::Record::Lost), whether the tail still has it or not;
    /// zero if there was none.
    pub lost: Position,
}

impl Head {
    /// Creates the state of a store.
    pub const fn new(epoch: Epoch, last: Position, lost: Position) -> Self {
        Self { epoch, last, lost }
    }
}

/// A part of the history of some topics.
///
/// Stores make it with a [`PageBuilder`](super::PageBuilder).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The state of the store when it was read.
    pub head: Head,
    /// The position to which the page is complete.
    pub upto: Position,
    /// The entries above the position that was asked for, up to `upto`, in order.
    pub entries: Vec<StoredEntry>,
    /// The start of each topic: the position of its newest entry that is older than all entries which it
    /// retains above the position that was asked for. A reader with a lower position has missed events.
    pub starts: Vec<(Topic, Position)>,
}

impl Page {
    /// Returns the start of a topic; zero if the topic was not asked for.
    pub fn start(&self, topic: &Topic) -> Position {
        let found = self.starts.iter().find(|(of, _)| of == topic);
        found.map_or(Position::ZERO, |(_, start)| *start)
    }
}
