//! The interface of stores.

use std::future::Future;

use futures_util::Stream;

use super::{Appended, Batch, Page, Position, StoreError, Tailed, Topic};

/// A store that any number of nodes share: one sequence of records for all topics, and a history of each topic.
///
/// [`MemoryStore`](super::MemoryStore) is the reference implementation. The module's documentation says how the
/// parts of a store work together.
///
/// # Guarantees
///
/// A store guarantees the following.
///
/// - **Order.** Positions increase in the order in which records become visible. A reader that has seen a
///   position never finds a new record below it later. A database table with a serial column does not have this
///   property by itself, because the column is assigned before the transaction commits: it needs a lock that is
///   held until the commit.
/// - **Consistent reads.** Each call of [`read`](Self::read) sees one state of the store, which has everything
///   that was acknowledged before the call.
/// - **No reuse.** A position that was acknowledged is never given to another record of the same
///   [`Epoch`](super::Epoch), even if the store loses its newest records. So the store numbers by time, or by a
///   counter that is as durable as an acknowledgment. A store that is emptied or restored from a backup draws a
///   new epoch.
/// - **Links to removed records.** Each record has the position of the record before it in the tail, and of the
///   entry before it in each of its topics, even if those records are no longer retained. The store writes both
///   with the record.
/// - **Trimming from the oldest.** The tail and the topics are trimmed independently of each other, and lose
///   only their oldest records. The tail always retains its newest record. A keyed topic loses only removals,
///   and entries whose key has a newer one.
///
/// The tail may also have records that no [`append`](Self::append) has made. An application can insert an event
/// into the store's table in the transaction that changes its own tables (an outbox). The example
/// [`resume`](https://docs.rs/crate/tower-sse/latest/source/examples/resume/) has such a store, in SQLite.
pub trait HubStore: Send + Sync + 'static {
    /// Appends the entries of a batch, all of them or none, in order.
    ///
    /// In the same transaction the store saves the publisher's counter and the answer. If it gets a batch with
    /// the saved counter again, it appends nothing and returns the saved answer. It refuses a batch with a lower
    /// counter: that is an attempt which the publisher has given up, and which arrives late. A publisher is
    /// remembered for longer than an attempt can take to arrive; an hour is enough.
    ///
    /// [`Batch::seen`] and [`Batch::lost`] may require a [`Record::Lost`](super::Record::Lost) before the
    /// entries. The answer has one position for each entry.
    ///
    /// The caller may drop the future at any time, and then does not know the outcome.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Unknown`](super::StoreErrorKind::Unknown) if the store may have stored the batch, or may
    /// do so later. After any other error the batch is not stored.
    fn append(&self, batch: Batch<'_>)
    -> impl Future<Output = Result<Appended, StoreError>> + Send;

    /// Reads the oldest retained entries of these topics above a position.
    ///
    /// The store reads at most `limit` entries of each topic and puts them into a
    /// [`PageBuilder`](super::PageBuilder). `limit` is at least one. Without topics the page has the state of the
    /// store ([`Head`](super::Head)) alone. For a topic that has never had an entry, add
    /// [`TopicRead::window`](super::TopicRead::window) with the position 0 and no entries.
    ///
    /// Entries may be large. A page has no more than [`Page::MAX_BYTES`] of them or one, so a store need not read
    /// more of a topic ([`TopicRead::cut`](super::TopicRead::cut)).
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be read.
    fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Returns the records of all topics in order, from the first retained one above a position, and waits for
    /// new ones.
    ///
    /// `None` begins with the newest records, as many as a node should have in memory, such as 10,000. The store may
    /// choose how many. A position above the last one is from an epoch that has ended: the stream waits for new
    /// records, whose epoch the hub compares.
    ///
    /// The stream ends after an error. The caller then opens another one. It ignores records that come again.
    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send;
}
