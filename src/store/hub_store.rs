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
///
/// # Example
///
/// A store that loses and drops nothing, and lasts as long as the process:
///
/// ```
/// use std::{collections::BTreeMap, sync::{Arc, Mutex}};
/// use futures_util::{Stream, StreamExt};
/// use tokio::sync::Notify;
/// use tower_sse::{Event, Hub, HubOptions, LastEventId};
/// use tower_sse::store::{
///     Appended, Batch, Entry, Epoch, Head, HubStore, Page, PageBuilder, Position, PublisherId, Record,
///     StoreError, StoreErrorKind, StoredEntry, Tailed, Topic, TopicEntry, TopicRead,
/// };
///
/// struct VecStore {
///     epoch: Epoch,
///     state: Mutex<State>,
///     appended: Notify,
/// }
///
/// #[derive(Default)]
/// struct State {
///     /// The entry at index 0 has the position 1.
///     entries: Vec<StoredEntry>,
///     /// The position of the newest entry of each topic.
///     newest: BTreeMap<Topic, Position>,
///     /// The counter of the newest batch of each publisher, and its answer.
///     batches: BTreeMap<PublisherId, (u64, Appended)>,
/// }
///
/// impl State {
///     fn push(&mut self, entry: &Entry) -> Position {
///         let position = Position::new(self.entries.len() as u64 + 1);
///         let before = entry.topics().iter().map(|topic| match entry.kind().is_retained() {
///             true => self.newest.insert(topic.clone(), position).unwrap_or_default(),
///             false => Position::ZERO,
///         });
///         let stored = StoredEntry::new(position, entry.clone(), before.collect());
///         self.entries.push(stored);
///         position
///     }
///
///     fn read_topic(&self, topic: &Topic, after: Position, limit: usize) -> TopicRead {
///         let all = self.entries.iter().filter(|one| {
///             one.entry.kind().is_retained() && one.entry.topics().contains(topic)
///         });
///         // Of a keyed topic, the newest entry of each key counts.
///         let keyed = all.clone().filter_map(|one| Some((one.entry.kind().key()?, one.position)));
///         let keyed: BTreeMap<_, _> = keyed.collect();
///         let due = all.filter(|one| {
///             let newest = one.entry.kind().key().and_then(|key| keyed.get(key));
///             one.position > after && newest.is_none_or(|newest| *newest == one.position)
///         });
///         let entries = due.take(limit).map(|one| {
///             let (kind, bytes) = (one.entry.kind().clone(), one.entry.bytes().clone());
///             TopicEntry::new(one.position, one.before(topic), kind, bytes)
///         });
///         let entries = entries.collect();
///         match keyed.is_empty() {
///             true => {
///                 let newest = self.newest.get(topic).copied().unwrap_or_default();
///                 TopicRead::window(topic.clone(), newest, entries)
///             }
///             // No removal was dropped.
///             false => TopicRead::keyed(topic.clone(), Position::ZERO, entries),
///         }
///     }
/// }
///
/// impl HubStore for VecStore {
///     async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
///         let mut state = self.state.lock().unwrap();
///         match state.batches.get(&batch.publisher) {
///             Some((counter, answer)) if *counter == batch.counter => return Ok(answer.clone()),
///             Some((counter, _)) if *counter > batch.counter => {
///                 return Err(StoreError::new(StoreErrorKind::Refused));
///             }
///             _ => {}
///         }
///         let positions = batch.entries.iter().map(|entry| state.push(entry)).collect();
///         let answer = Appended::new(self.epoch, positions);
///         state.batches.insert(batch.publisher, (batch.counter, answer.clone()));
///         self.appended.notify_waiters();
///         Ok(answer)
///     }
///
///     async fn read(&self, topics: &[Topic], after: Position, limit: usize) -> Result<Page, StoreError> {
///         let state = self.state.lock().unwrap();
///         let last = Position::new(state.entries.len() as u64);
///         // It has never lost a record.
///         let mut page = PageBuilder::new(Head::new(self.epoch, last, Position::ZERO), limit);
///         for topic in topics {
///             page.add(state.read_topic(topic, after, limit));
///         }
///         Ok(page.finish())
///     }
///
///     fn tail(&self, after: Option<Position>) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
///         async_stream::stream! {
///             let newest = self.state.lock().unwrap().entries.len().saturating_sub(10_000);
///             let mut at = after.map_or(newest, |after| after.get() as usize);
///             loop {
///                 // Before the entry is looked for, so that no wake-up is missed.
///                 let appended = self.appended.notified();
///                 let next = self.state.lock().unwrap().entries.get(at).cloned();
///                 let Some(stored) = next else {
///                     appended.await;
///                     continue;
///                 };
///                 // Positions have no holes.
///                 let before = Position::new(at as u64);
///                 at += 1;
///                 yield Ok(Tailed::new(self.epoch, before, Record::Entry(stored)));
///             }
///         }
///     }
/// }
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let store = Arc::new(VecStore {
///     epoch: Epoch::draw(),
///     state: Mutex::default(),
///     appended: Notify::new(),
/// });
/// let hub = Hub::open(Arc::clone(&store), HubOptions::new()).await?;
/// let first = hub.publish(["news"], &Event::new("one")).await?;
/// hub.publish(["news"], &Event::new("two")).await?;
/// drop(hub);
///
/// let hub = Hub::open(store, HubOptions::new()).await?;
/// let mut resumed = hub.resume(["news"], LastEventId::new(first).as_ref()).await?;
/// let event = resumed.next().await.unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: two\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
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
    /// The stream ends after an error. The caller then opens another one, and ignores records that come again.
    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send;
}
