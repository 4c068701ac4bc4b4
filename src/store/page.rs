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
    /// The maximum number of bytes of the entries of a page ([`Entry::bytes`](super::Entry::bytes)), 256 KiB. An
    /// entry that is larger is a page of its own.
    ///
    /// A [`PageBuilder`](super::PageBuilder) leaves out what exceeds it, and so does a hub.
    pub const MAX_BYTES: usize = 256 << 10;

    /// Returns the start of a topic; zero if the topic was not asked for.
    pub fn start(&self, topic: &Topic) -> Position {
        let found = self.starts.iter().find(|(of, _)| of == topic);
        found.map_or(Position::ZERO, |(_, start)| *start)
    }

    /// Leaves out what exceeds a number of entries, and [`MAX_BYTES`](Self::MAX_BYTES). At least one entry is left.
    pub(crate) fn cut(&mut self, max_entries: usize) {
        let mut bytes = 0usize;
        let mut fits = |entry: &StoredEntry| {
            bytes = bytes.saturating_add(entry.entry.bytes().len());
            bytes <= Self::MAX_BYTES
        };
        let entries = self.entries.iter().take(max_entries);
        let len = entries.take_while(|entry| fits(entry)).count().max(1);
        if len < self.entries.len() {
            self.entries.truncate(len);
            self.upto = self.entries.last().map_or(self.upto, |last| last.position);
        }
    }

    /// Leaves out the entries up to a position.
    pub(crate) fn drop_upto(&mut self, position: Position) {
        self.entries.retain(|entry| entry.position > position);
    }
}
