use std::sync::{Arc, Mutex};

use futures_util::{Stream, stream};
use tokio::sync::Notify;
use tower_sse::store::{
    Appended, Batch, Epoch, HubStore, Page, Position, StoreError, Tailed, Topic,
};

use super::{damage::Damage, plain_state::State};

/// A store that retains everything until a test damages it. It shares no code with `MemoryStore`, and numbers
/// with steps of up to three, as a store that numbers by time does. Clones share the store.
#[derive(Clone)]
pub(crate) struct PlainStore(Arc<Shared>);

struct Shared {
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    state: State,
    /// The highest position that was ever given in this epoch, which no damage changes.
    highest: u64,
}

impl PlainStore {
    pub(crate) fn new(epoch: Epoch) -> Self {
        let inner = Inner {
            state: State::new(epoch),
            highest: 0,
        };
        Self(Arc::new(Shared {
            inner: Mutex::new(inner),
            changed: Notify::new(),
        }))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let result = change(&mut self.0.inner.lock().unwrap());
        self.0.changed.notify_waiters();
        result
    }

    async fn record_after(&self, position: Position) -> Tailed {
        loop {
            // Before the state is read, so that no change after it is missed.
            let changed = self.0.changed.notified();
            let record = self.0.inner.lock().unwrap().state.record_after(position);
            if let Some(record) = record {
                return record;
            }
            changed.await;
        }
    }
}

impl HubStore for PlainStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.change(|Inner { state, highest }| {
            state.append(&batch, |above| {
                let least = above.get().max(*highest) + 1;
                *highest = least + least % 3;
                Position::new(*highest)
            })
        })
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        Ok(self
            .0
            .inner
            .lock()
            .unwrap()
            .state
            .read(topics, after, limit))
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        let from = (self.clone(), after.unwrap_or_default());
        stream::unfold(from, |(store, at)| async move {
            let record = store.record_after(at).await;
            let at = record.record.position();
            Some((Ok(record), (store, at)))
        })
    }
}

impl Damage for PlainStore {
    type Image = State;

    fn image(&self) -> State {
        self.0.inner.lock().unwrap().state.clone()
    }

    fn restore(&self, image: &State) {
        self.change(|inner| inner.state = image.clone());
    }

    fn wipe(&self, epoch: Epoch) {
        self.change(|inner| {
            inner.state = State::new(epoch);
            inner.highest = 0;
        });
    }

    fn trim_tail(&self, keep: usize) {
        self.change(|inner| inner.state.trim_tail(keep));
    }

    fn trim_topic(&self, topic: &Topic, keep: usize) {
        self.change(|inner| inner.state.trim_topic(topic, keep));
    }
}
