//! The tasks of hubs that are dropped, and of executors that are.

use std::{
    future::{Future, pending},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, Stream, StreamExt};
use tower_sse::{
    Event, Hub, HubOptions, KeyPolicy, PublishError, Stored,
    store::{
        Appended, Batch, HubStore, MemoryStore, Page, Position, StoreError, StoreErrorKind, Tailed,
        Topic,
    },
};

use crate::support::{id, options, pause, publish, store};

/// Counts the tasks that run, or drops them unpolled.
#[derive(Clone, Default)]
struct Tasks {
    running: Arc<AtomicUsize>,
    is_shut_down: Arc<AtomicBool>,
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
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

impl Tasks {
    fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }
}

/// A store that gives no answer on demand.
#[derive(Clone)]
struct Hanging {
    store: MemoryStore,
    hangs: Arc<AtomicBool>,
}

impl Hanging {
    fn new() -> Self {
        Self {
            store: store(),
            hangs: Arc::default(),
        }
    }

    fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    async fn begin(&self) {
        if self.hangs.load(Ordering::Relaxed) {
            pending().await
        }
    }
}

impl HubStore for Hanging {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.begin().await;
        self.store.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.begin().await;
        self.store.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        self.store.tail(after)
    }
}

/// Options of a hub with one keyed channel, `prices`.
fn with_tasks(tasks: &Tasks) -> HubOptions {
    let keys = NonZeroUsize::new(8).unwrap();
    let options = options(2).each(move |name, options| match name {
        "prices" => options.keyed(keys, KeyPolicy::reject()),
        _ => options,
    });
    options.executor(tasks.clone())
}

async fn open(store: &Hanging, tasks: &Tasks) -> Hub<Stored> {
    Hub::open(store.clone(), with_tasks(tasks)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_leaves_no_task() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let hub = open(&store, &tasks).await;
    assert_eq!(tasks.running(), 1);
    drop(hub);
    pause().await;
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_while_it_is_opened_leaves_no_task() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let mut opening = Box::pin(open(&store, &tasks));
    // It has read the store, and the follower is about to do so.
    assert!(opening.as_mut().now_or_never().is_none());
    assert_eq!(tasks.running(), 1);
    store.hang();
    pause().await;
    assert!(opening.as_mut().now_or_never().is_none());
    drop(opening);
    pause().await;
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_while_it_reconnects_leaves_no_task() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let hub = open(&store, &tasks).await;
    store.hang();
    // The follower compares the hub with the store.
    tokio::time::sleep(Duration::from_secs(6)).await;
    drop(hub);
    pause().await;
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_while_keys_are_loaded_leaves_no_task() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let hub = open(&store, &tasks).await;
    store.hang();
    let prices = hub.keyed_channel::<Event>("prices").unwrap();
    let mut loading = Box::pin(prices.load());
    assert!(loading.as_mut().now_or_never().is_none());
    pause().await;
    assert_eq!(tasks.running(), 3);
    drop((hub, prices));
    pause().await;
    assert_eq!(loading.as_mut().now_or_never(), Some(false));
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_dropped_while_a_page_is_read_leaves_no_task() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let hub = open(&store, &tasks).await;
    let first = publish(&hub, "news", "0").await;
    for text in ["1", "2", "3"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    store.hang();
    assert!(resumed.next().now_or_never().is_none());
    assert_eq!(tasks.running(), 2);
    drop((hub, resumed));
    pause().await;
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_while_it_publishes_leaves_no_task_in_the_end() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let hub = open(&store, &tasks).await;
    store.hang();
    let publishing = tokio::spawn(hub.publish(["news"], &Event::new("one")));
    pause().await;
    drop(hub);
    let failed = publishing.await.unwrap();
    let Err(PublishError::Store(error)) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::Unknown);
    pause().await;
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn keys_are_loaded_after_an_executor_has_dropped_the_task_that_did_so() {
    let (store, tasks) = (Hanging::new(), Tasks::default());
    let hub = open(&store, &tasks).await;
    let prices = hub.keyed_channel::<Event>("prices").unwrap();
    tasks.is_shut_down.store(true, Ordering::Relaxed);
    assert!(!prices.load().await);
    tasks.is_shut_down.store(false, Ordering::Relaxed);
    assert!(prices.load().await);
}
