//! Stores, by which several nodes share one hub.
//!
//! A node is a process that has clients. If each node publishes to the same store and follows it, a client gets
//! the events of all nodes, and can reconnect to any of them with no loss and no duplicates. Implement
//! [`HubStore`] for a database or a message broker: its documentation has a small store as an example. A
//! [`MemoryStore`] is for tests, and for several hubs in one process.
//!
//! A store has three parts:
//!
//! - The **tail**: all records in the order of their [`Position`]s. Every node follows it, with
//!   [`HubStore::tail`]. It needs to reach back for as long as a node may be disconnected.
//! - The **topics**: the history of each channel, from which a client that resumes is served if the node no
//!   longer has the events in memory, with [`HubStore::read`].
//! - The **publishers**: the newest batch of each, so that [`HubStore::append`] stores a batch once, however
//!   often its publisher tries.
//!
//! An [`Entry`] is in the tail once, and in each of its topics, under the same position. What a topic retains
//! of it depends on its [`EntryKind`].
//!
//! ```
//! use futures_util::StreamExt;
//! use tower_sse::store::{
//!     Batch, Entry, HubStore, MemoryStore, MemoryStoreOptions, Position, PublisherId,
//! };
//!
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
//! let store = MemoryStore::new(MemoryStoreOptions::new());
//! let publisher = PublisherId::draw();
//!
//! let entries = [Entry::window("room/7", "one"), Entry::window("room/8", "two")];
//! let batch = Batch::new(publisher, 1, &entries);
//! let appended = store.append(batch.clone()).await?;
//!
//! // The answer was lost, and the publisher tries again.
//! assert_eq!(store.append(batch).await?, appended);
//!
//! let page = store.read(&["room/8".into()], Position::ZERO, 100).await?;
//! assert_eq!(page.entries.len(), 1);
//! assert_eq!(page.entries[0].position, appended.positions[1]);
//!
//! let mut tail = Box::pin(store.tail(Some(appended.positions[0])));
//! let record = tail.next().await.unwrap()?;
//! assert_eq!(record.before, appended.positions[0]);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "tokio"))] fn main() {}
//! ```
//!
//! # Stores that lose acknowledged records
//!
//! Some stores acknowledge a record before it is durable, and lose it in a crash or a failover. Each node
//! therefore sends the highest position that it knows with its batches ([`Batch::seen`]), and the position of a
//! record that it misses ([`Batch::lost`]). The store answers a loss with a [`Record::Lost`], so that clients are
//! notified of a gap instead of missing events silently. A store that loses nothing ignores both.

mod batch;
mod entry;
mod epoch;
mod error;
mod hub_store;
mod memory;
mod outage;
mod page;
mod page_builder;
mod pointers;
mod position;
mod stored_entry;
mod tailed;
mod topic;
mod topic_read;

pub use self::{
    batch::{Appended, Batch, PublisherId},
    entry::{Entry, EntryKind},
    epoch::{Epoch, InvalidEpoch},
    error::{StoreError, StoreErrorKind},
    hub_store::HubStore,
    memory::{MemoryStore, MemoryStoreOptions},
    outage::Outage,
    page::{Head, Page},
    page_builder::PageBuilder,
    position::{InvalidPosition, Position},
    stored_entry::StoredEntry,
    tailed::{Record, Tailed},
    topic::{Topic, Topics},
    topic_read::{TopicEntry, TopicRead},
};
