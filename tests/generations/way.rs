//! The way of one node to a store, which tests can cut.

use futures::{Stream, StreamExt, future::ready, stream};
use tokio::sync::watch;
use tower_sse::store::{
    Appended, Batch, HubStore, MemoryStore, Page, Position, StoreError, StoreErrorKind, Tailed,
    Topic,
};

#[derive(Clone)]
pub(crate) struct Way {
    store: MemoryStore,
    is_cut: watch::Sender<bool>,
}

impl Way {
    pub(crate) fn to(store: &MemoryStore) -> Self {
        Self {
            store: store.clone(),
            is_cut: watch::Sender::new(false),
        }
    }

    /// From now on the node and the others do not hear of each other, as if it was killed.
    pub(crate) fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub(crate) fn heal(&self) {
        self.is_cut.send_replace(false);
    }

    fn check(&self) -> Result<(), StoreError> {
        match *self.is_cut.borrow() {
            true => Err(StoreError::new(StoreErrorKind::Unavailable)),
            false => Ok(()),
        }
    }
}

impl HubStore for Way {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.check()?;
        self.store.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.check()?;
        self.store.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        let mut is_cut = self.is_cut.subscribe();
        let cut = async move {
            let _ = is_cut.wait_for(|is_cut| *is_cut).await;
        };
        let broken = stream::once(ready(Err(StoreError::new(StoreErrorKind::Unavailable))));
        self.store.tail(after).take_until(cut).chain(broken)
    }
}
