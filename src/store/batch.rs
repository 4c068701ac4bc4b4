//! The batches that a store appends.

use std::borrow::Cow;

use super::{Entry, Epoch, Position};
use crate::time::random_bits;

/// Identifies a publisher during one run of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublisherId(u64);

impl PublisherId {
    /// Draws an id at random.
    pub fn draw() -> Self {
        Self(random_bits())
    }

    /// Creates the id of a number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Entries that a store appends together or not at all.
///
/// ```
/// use tower_sse::store::{Batch, Entry, PublisherId};
///
/// let entries = [Entry::window("room/7", "hello")];
/// let batch = Batch::new(PublisherId::draw(), 1, &entries);
/// assert_eq!((batch.counter, batch.entries.len()), (1, 1));
///
/// // A store appends it on a thread of its own, for example.
/// let batch = batch.into_owned();
/// let appended = std::thread::spawn(move || batch.entries.len());
/// assert_eq!(appended.join().unwrap(), 1);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch<'a> {
    /// The publisher. It sends one batch at a time.
    pub publisher: PublisherId,
    /// The number of the batch: higher than that of the publisher's batch before it, and the same for each
    /// attempt to append this batch.
    pub counter: u64,
    /// The entries, in order. There are none if the batch is only about [`seen`](Self::seen) and
    /// [`lost`](Self::lost).
    pub entries: Cow<'a, [Entry]>,
    /// The epoch of `seen` and `lost`. If the store has another one, it ignores both.
    pub epoch: Option<Epoch>,
    /// The highest position that the node has read, or that the store has acknowledged to it.
    ///
    /// If the last position of the store is lower, the store has lost records. It then appends a
    /// [`Record::Lost`](super::Record::Lost) before the entries. All positions that it gives to the batch are
    /// above `seen`.
    pub seen: Position,
    /// A position that was acknowledged and that the tail did not bring to the node; zero if there is none.
    ///
    /// If the newest [`Record::Lost`](super::Record::Lost) of the store is below it, the store appends
    /// another. A store that never loses an acknowledged record may ignore `seen` and `lost`.
    pub lost: Position,
}

impl<'a> Batch<'a> {
    /// Creates a batch of a node that has not read anything.
    pub fn new(publisher: PublisherId, counter: u64, entries: impl Into<Cow<'a, [Entry]>>) -> Self {
        Self {
            publisher,
            counter,
            entries: entries.into(),
            epoch: None,
            seen: Position::ZERO,
            lost: Position::ZERO,
        }
    }

    /// Sets [`seen`](Self::seen) and its epoch.
    #[must_use]
    pub const fn seen(mut self, epoch: Option<Epoch>, seen: Position) -> Self {
        self.epoch = epoch;
        self.seen = seen;
        self
    }

    /// Sets [`lost`](Self::lost).
    #[must_use]
    pub const fn lost(mut self, lost: Position) -> Self {
        self.lost = lost;
        self
    }

    /// Returns the batch with entries of its own, which can outlive the call that has got it.
    ///
    /// The bytes of the entries are shared, not copied.
    pub fn into_owned(self) -> Batch<'static> {
        Batch {
            publisher: self.publisher,
            counter: self.counter,
            entries: Cow::Owned(self.entries.into_owned()),
            epoch: self.epoch,
            seen: self.seen,
            lost: self.lost,
        }
    }
}

/// The answer of a store that has appended a [`Batch`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// The epoch of the positions.
    pub epoch: Epoch,
    /// The positions of the entries, in the order of the entries.
    pub positions: Vec<Position>,
}

impl Appended {
    /// Creates an answer.
    pub const fn new(epoch: Epoch, positions: Vec<Position>) -> Self {
        Self { epoch, positions }
    }
}
