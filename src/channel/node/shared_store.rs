//! A store without its type, so that subscriptions of any store have the same type.

use std::{fmt, sync::Arc};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};

use super::{
    answers::{check_appended, check_page, check_tailed},
    panics::without_panics,
};
use crate::store::{
    Appended, Batch, HubStore, Page, Position, StoreError, StoreErrorKind, Tailed, Topic,
};

/// The store that all parts of a node share. A call allocates its future, and fails if the store panics.
#[derive(Clone)]
pub(in crate::channel) struct SharedStore(Arc<dyn AnyStore>);

/// [`HubStore`] with boxed futures.
trait AnyStore: Send + Sync {
    fn append<'a>(&'a self, batch: Batch<'a>) -> BoxFuture<'a, Result<Appended, StoreError>>;

    fn read<'a>(
        &'a self,
        topics: &'a [Topic],
        after: Position,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>>;

    fn tail(&self, after: Option<Position>) -> BoxStream<'_, Result<Tailed, StoreError>>;
}

impl SharedStore {
    pub(in crate::channel) fn new(store: impl HubStore) -> Self {
        Self(Arc::new(store))
    }

    pub(super) async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        // It may have stored the batch before.
        without_panics(StoreErrorKind::Unknown, async {
            check_appended(self.0.append(batch).await?)
        })
        .await
    }

    pub(in crate::channel) async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        without_panics(StoreErrorKind::Unavailable, async {
            check_page(self.0.read(topics, after, limit).await?)
        })
        .await
    }

    pub(super) fn tail(
        &self,
        after: Option<Position>,
    ) -> BoxStream<'_, Result<Tailed, StoreError>> {
        let tail = self.0.tail(after);
        tail.map(|tailed| check_tailed(tailed?)).boxed()
    }
}

impl<S: HubStore> AnyStore for S {
    fn append<'a>(&'a self, batch: Batch<'a>) -> BoxFuture<'a, Result<Appended, StoreError>> {
        HubStore::append(self, batch).boxed()
    }

    fn read<'a>(
        &'a self,
        topics: &'a [Topic],
        after: Position,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        HubStore::read(self, topics, after, limit).boxed()
    }

    fn tail(&self, after: Option<Position>) -> BoxStream<'_, Result<Tailed, StoreError>> {
        HubStore::tail(self, after).boxed()
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedStore")
    }
}
