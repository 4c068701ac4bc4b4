//! Stores that are replaced, contradict themselves, or hang.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, StreamExt, future::Either, stream};
use tokio::time::sleep;

use crate::store::{
    Appended, Batch, HubStore, MemoryStore, Page, Position, StoreError, StoreErrorKind, Tailed,
    Topic,
};

/// A store that tests can replace by another one, or by none, as a server that is started again.
#[derive(Clone, Default)]
pub(super) struct Server(Arc<Mutex<Option<MemoryStore>>>);

impl Server {
    pub(super) fn replace(&self, store: Option<MemoryStore>) {
        *self.0.lock().unwrap() = store;
    }

    fn get(&self) -> Result<MemoryStore, StoreError> {
        let store = self.0.lock().unwrap().clone();
        store.ok_or(StoreError::new(StoreErrorKind::Unavailable))
    }
}

impl HubStore for Server {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.get()?.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.get()?.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        match self.get() {
            Ok(store) => Either::Left(owned_tail(store, after)),
            Err(error) => Either::Right(stream::once(async { Err(error) })),
        }
    }
}

fn owned_tail(
    store: MemoryStore,
    after: Option<Position>,
) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
    stream::unfold((store, after), |(store, after)| async move {
        let next = Box::pin(store.tail(after)).next().await?;
        let at = next.as_ref().ok().map(|tailed| tailed.record.position());
        Some((next, (store, at.or(after))))
    })
}

/// A store whose tail is that of another server than its reads, which take a millisecond.
#[derive(Clone)]
pub(super) struct TwoFaced {
    pub(super) read: MemoryStore,
    pub(super) tail: MemoryStore,
    pub(super) reads: Arc<AtomicUsize>,
}

impl HubStore for TwoFaced {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.read.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(1)).await;
        self.read.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        owned_tail(self.tail.clone(), after)
    }
}

/// A store that never answers.
pub(super) struct Hanging;

impl HubStore for Hanging {
    async fn append(&self, _: Batch<'_>) -> Result<Appended, StoreError> {
        pending().await
    }

    async fn read(&self, _: &[Topic], _: Position, _: usize) -> Result<Page, StoreError> {
        pending().await
    }

    fn tail(&self, _: Option<Position>) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        stream::pending()
    }
}
