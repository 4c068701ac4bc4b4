//! The store, which its handles share.

use std::{fmt, sync::Arc};

use futures_util::{Stream, stream};

use super::{options::MemoryStoreOptions, state::State};
use crate::{
    store::{Appended, Batch, HubStore, Page, Position, StoreError, Tailed, Topic},
    sync::{Mutex, Notify, lock},
};

/// A store in memory, for tests and for several hubs in one process.
///
/// Hubs that share a `MemoryStore` behave like nodes that share a server. Clones are handles to the same store.
/// It loses nothing that it has acknowledged, as long as a handle exists.
///
/// See the [module documentation](crate::store) for an example.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Arc<Notify>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new(options: MemoryStoreOptions) -> Self {
        let shared = Shared {
            state: Mutex::new(State::new(options)),
            changed: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl HubStore for MemoryStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        let answer = lock(&self.shared.state).append(&batch)?;
        self.shared.changed.notify_waiters();
        Ok(answer)
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        Ok(lock(&self.shared.state).read(topics, after, limit))
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        let shared = Arc::clone(&self.shared);
        // The stream holds no record, however slowly it is read.
        let from = (shared, after.unwrap_or(Position::ZERO));
        stream::unfold(from, |(shared, at)| async move {
            let record = shared.record_after(at).await;
            let at = record.record.position();
            Some((Ok(record), (shared, at)))
        })
    }
}

impl Shared {
    /// Waits for the first record above a position.
    async fn record_after(&self, position: Position) -> Tailed {
        loop {
            // Made before the state is read, so that no change after it is missed.
            let changed = Arc::clone(&self.changed).notified_owned();
            let record = lock(&self.state).record_after(position);
            if let Some(record) = record {
                return record;
            }
            changed.await;
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("head", &lock(&self.shared.state).head)
            .finish_non_exhaustive()
    }
}
