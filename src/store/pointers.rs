//! Stores behind pointers.

use std::{future::Future, sync::Arc};

use futures_util::Stream;

use super::{Appended, Batch, HubStore, Page, Position, StoreError, Tailed, Topic};

/// Hubs and the application can share a store that has no handles of its own.
///
/// ```
/// use std::sync::Arc;
/// use tower_sse::{Hub, HubOptions};
/// use tower_sse::store::{HubStore, MemoryStore, MemoryStoreOptions, Position};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let store = Arc::new(MemoryStore::new(MemoryStoreOptions::new()));
/// let hub = Hub::open(Arc::clone(&store), HubOptions::new()).await?;
///
/// let page = store.read(&[], Position::ZERO, 1).await?;
/// assert!(hub.last_id().as_str().starts_with(page.head.epoch.as_str()));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
impl<S: HubStore> HubStore for Arc<S> {
    fn append(
        &self,
        batch: Batch<'_>,
    ) -> impl Future<Output = Result<Appended, StoreError>> + Send {
        S::append(self, batch)
    }

    fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send {
        S::read(self, topics, after, limit)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        S::tail(self, after)
    }
}
