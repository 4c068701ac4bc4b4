//! Markers of the two kinds of hubs: in memory, and over a store.

/// Marks a [`Hub`](super::Hub) in memory ([`Hub::new`](super::Hub::new)), which assigns the ids itself, so that
/// publishing is immediate. The default.
#[derive(Debug)]
pub enum Memory {}

/// Marks a [`Hub`](super::Hub) over a store ([`Hub::open`](super::Hub::open)), which assigns the ids, so that
/// publishing is `async`.
///
/// ```
/// use tower_sse::{Channel, Event, Hub, HubOptions, Stored};
/// use tower_sse::store::{MemoryStore, MemoryStoreOptions};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let store = MemoryStore::new(MemoryStoreOptions::new());
/// let hub: Hub<Stored> = Hub::open(store, HubOptions::new()).await?;
/// let news: Channel<Event, Stored> = hub.channel("news")?;
/// let id = news.publish(Event::new("one")).await?;
/// assert!(id.as_str().ends_with("-1"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Debug)]
pub enum Stored {}
