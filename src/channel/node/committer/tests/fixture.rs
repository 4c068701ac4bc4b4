//! A committer of a slow store.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, stream};
use hyper_util::rt::TokioTimer;
use tokio::time::sleep;

use super::super::*;
use crate::{
    channel::node::{SharedExecutor, SharedStore},
    store::{
        Appended, Batch, Entry, HubStore, Page, Position, StoreError, StoreErrorKind, Tailed, Topic,
    },
    time::SharedTimer,
};

/// Takes 50 ms for a batch, refuses entries of the topic "refused", and fails at once on demand.
#[derive(Clone, Default)]
pub(super) struct SlowStore {
    batches: Arc<Mutex<Vec<Vec<String>>>>,
    error: Arc<Mutex<Option<StoreErrorKind>>>,
}

impl HubStore for SlowStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        let error = *self.error.lock().unwrap();
        if let Some(kind) = error {
            return Err(StoreError::new(kind));
        }
        sleep(Duration::from_millis(50)).await;
        let text = |entry: &Entry| String::from_utf8(entry.bytes().to_vec()).unwrap();
        let is_refused = |entry: &Entry| entry.topics().contains(&"refused".into());
        if batch.entries.iter().any(is_refused) {
            return Err(StoreError::new(StoreErrorKind::Refused));
        }
        let mut batches = self.batches.lock().unwrap();
        let first = batches.iter().flatten().count() as u64 + 1;
        batches.push(batch.entries.iter().map(text).collect());
        let positions = (first..).map(Position::new).take(batch.entries.len());
        Ok(Appended::new("e".parse().unwrap(), positions.collect()))
    }

    async fn read(&self, _: &[Topic], _: Position, _: usize) -> Result<Page, StoreError> {
        Err(StoreError::new(StoreErrorKind::Unavailable))
    }

    fn tail(&self, _: Option<Position>) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        stream::pending()
    }
}

/// Counts the tasks that run, or drops them.
#[derive(Clone, Default)]
pub(super) struct Executor {
    pub(super) running: Arc<AtomicUsize>,
    pub(super) is_shut_down: Arc<AtomicBool>,
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Executor {
    fn execute(&self, task: F) {
        if self.is_shut_down.load(Ordering::Relaxed) {
            return;
        }
        let running = Arc::clone(&self.running);
        running.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            task.await;
            running.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

pub(super) struct Fixture {
    store: SlowStore,
    pub(super) committer: Committer,
    pub(super) executor: Executor,
}

impl Fixture {
    pub(super) fn new(options: CommitOptions) -> Self {
        let (store, executor) = (SlowStore::default(), Executor::default());
        let committer = Committer::new(
            SharedStore::new(store.clone()),
            Arc::default(),
            SharedTimer::new(TokioTimer::new()),
            SharedExecutor::new(executor.clone()),
            options,
        );
        Self {
            store,
            committer,
            executor,
        }
    }

    pub(super) fn batches(&self) -> Vec<Vec<String>> {
        self.store.batches.lock().unwrap().clone()
    }

    pub(super) fn fail(&self, kind: Option<StoreErrorKind>) {
        *self.store.error.lock().unwrap() = kind;
    }

    pub(super) async fn publish(&self, text: &'static str) -> Result<Committed, CommitError> {
        self.committer.publish(vec![Entry::window("a", text)]).await
    }
}
