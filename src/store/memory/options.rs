//! The options of a store in memory.

use std::{num::NonZeroUsize, time::Duration};

use hyper::rt::Timer;

use crate::{store::Epoch, time::SharedTimer};

/// Options of a [`MemoryStore`](super::MemoryStore): how much it retains.
///
/// ```
/// use std::num::NonZeroUsize;
/// use tower_sse::store::{Batch, Entry, HubStore, MemoryStore, MemoryStoreOptions, Position, PublisherId};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let store = MemoryStore::new(MemoryStoreOptions::new().max_entries(NonZeroUsize::MIN));
/// let entries = [Entry::window("news", "one"), Entry::window("news", "two")];
/// let appended = store.append(Batch::new(PublisherId::draw(), 1, &entries)).await?;
///
/// let page = store.read(&["news".into()], Position::ZERO, 100).await?;
/// assert_eq!(page.entries.len(), 1);
/// // A reader that has not got the first entry has missed it.
/// assert_eq!(page.start(&"news".into()), appended.positions[0]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a store has them"]
pub struct MemoryStoreOptions {
    pub(super) timer: SharedTimer,
    pub(super) epoch: Epoch,
    pub(super) max_records: usize,
    pub(super) max_entries: usize,
    pub(super) max_bytes: usize,
    pub(super) max_age: Option<Duration>,
    pub(super) max_topics: usize,
    pub(super) max_publishers: usize,
}

impl MemoryStoreOptions {
    /// Creates options with a timer of another runtime, or of a test.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self {
            timer: SharedTimer::new(timer),
            epoch: Epoch::draw(),
            max_records: 10_000,
            max_entries: 1_000,
            max_bytes: 16 << 20,
            max_age: None,
            max_topics: 10_000,
            max_publishers: 1_000,
        }
    }

    /// Sets the epoch of the store. By default it is drawn at random.
    pub fn epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = epoch;
        self
    }

    /// Sets the maximum number of records in the tail, 10,000 by default.
    pub fn max_records(mut self, max: NonZeroUsize) -> Self {
        self.max_records = max.get();
        self
    }

    /// Sets the maximum number of entries in a topic, 1,000 by default.
    ///
    /// In a keyed topic, it is the maximum number of keys, and of removals. An entry with a new key is refused
    /// with [`StoreErrorKind::Full`](crate::store::StoreErrorKind::Full) while the topic has so many keys.
    pub fn max_entries(mut self, max: NonZeroUsize) -> Self {
        self.max_entries = max.get();
        self
    }

    /// Sets the maximum number of bytes of the events in a topic, and in the tail. The default is 16 MiB.
    ///
    /// An event that is larger is refused with
    /// [`StoreErrorKind::Refused`](crate::store::StoreErrorKind::Refused). A keyed topic evicts no keys to make
    /// room: the entry is refused with [`StoreErrorKind::Full`](crate::store::StoreErrorKind::Full).
    pub fn max_bytes(mut self, max: NonZeroUsize) -> Self {
        self.max_bytes = max.get();
        self
    }

    /// Sets the maximum age of the entries in topics. By default entries of any age are retained.
    ///
    /// Entries of keyed topics and the records of the tail have no maximum age.
    pub fn max_age(mut self, max: Duration) -> Self {
        self.max_age = Some(max);
        self
    }

    /// Sets the maximum number of topics, 10,000 by default.
    ///
    /// To make room for another topic, the store drops the one that was idle for the longest, unless it is keyed.
    /// If all topics are keyed, another one is refused with
    /// [`StoreErrorKind::Full`](crate::store::StoreErrorKind::Full).
    pub fn max_topics(mut self, max: NonZeroUsize) -> Self {
        self.max_topics = max.get();
        self
    }

    /// Sets the maximum number of publishers whose newest batch is remembered, 1,000 by default.
    ///
    /// The store forgets the publisher that was silent for the longest.
    pub fn max_publishers(mut self, max: NonZeroUsize) -> Self {
        self.max_publishers = max.get();
        self
    }
}
