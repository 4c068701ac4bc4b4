//! The records of a store's tail.

use super::{Epoch, Position, StoredEntry};

/// A record of the tail, which has the entries of all topics in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tailed {
    /// The epoch in which the record was appended.
    pub epoch: Epoch,
    /// The position of the record before it in the tail, whether that is retained or not. Zero for the first.
    ///
    /// A node that is at another position has missed records.
    pub before: Position,
    /// The record.
    pub record: Record,
}

/// A record that a store has appended to its tail: an entry, or a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An entry.
    Entry(StoredEntry),
    /// The mark that the store has lost acknowledged records, and its position.
    ///
    /// A client with a lower position may have missed events of any topic.
    Lost(Position),
}

impl Tailed {
    /// Creates a record with the position of the record before it.
    pub const fn new(epoch: Epoch, before: Position, record: Record) -> Self {
        Self {
            epoch,
            before,
            record,
        }
    }
}

impl Record {
    /// Returns the position of the record.
    pub fn position(&self) -> Position {
        match self {
            Self::Entry(stored) => stored.position,
            Self::Lost(position) => *position,
        }
    }
}
