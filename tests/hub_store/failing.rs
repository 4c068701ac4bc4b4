//! Stores that are slow, break, or contradict themselves.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::Stream;
use tower_sse::{
    Event, Hub, KeyPolicy, PublishError,
    store::{
        Appended, Batch, HubStore, MemoryStore, MemoryStoreOptions, Page, Position, StoreError,
        StoreErrorKind, Tailed, Topic,
    },
};

use crate::support::{
    cut, heal, id, open, options, pause, plain, publish, read, rest, settle, store, way_to,
};

#[tokio::test(start_paused = true)]
async fn a_replay_that_cannot_be_read_in_time_has_a_gap() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 2).await;
    let mut third = None;
    for text in ["1", "2", "3", "4"] {
        let id = publish(&hub, "news", text).await;
        third = third.or(Some(id).filter(|_| text == "3"));
    }
    pause().await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    cut(&way).await;
    let gap = format!("gap {}", third.unwrap());
    assert_eq!(read(&mut replay, 3).await, [&*gap, "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_store_refuses_removes_no_other() {
    let bytes = NonZeroUsize::new(100).unwrap();
    let store = MemoryStore::new(MemoryStoreOptions::new().max_bytes(bytes));
    let keys = NonZeroUsize::new(2).unwrap();
    let options =
        options(8).each(move |_, options| options.keyed(keys, KeyPolicy::remove_oldest()));
    let hub = Hub::open(store, options).await.unwrap();
    let prices = hub.keyed_channel("prices").unwrap();
    for key in ["tea", "oil"] {
        prices.publish(key, Event::new(key)).await.unwrap();
    }
    let refused = prices.publish("tin", Event::new("x".repeat(200))).await;
    let Err(PublishError::Store(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    let mut snapshot = prices.resume(None).await;
    assert_eq!(rest(&mut snapshot).await, ["snapshot prices", "tea", "oil"]);
}

/// A store whose next call panics on demand.
#[derive(Clone)]
struct Panicking {
    store: MemoryStore,
    panics: Arc<AtomicBool>,
}

impl Panicking {
    fn begin(&self) {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "on purpose");
    }
}

impl HubStore for Panicking {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.begin();
        self.store.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.begin();
        self.store.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        self.store.tail(after)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_is_tried_again() {
    let (store, panics) = (store(), Arc::<AtomicBool>::default());
    let store = Panicking {
        store,
        panics: Arc::clone(&panics),
    };
    let hub = open(&store, 1).await;
    panics.store(true, Ordering::Relaxed);
    let first = publish(&hub, "news", "0").await;
    for text in ["1", "2"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    panics.store(true, Ordering::Relaxed);
    assert_eq!(read(&mut resumed, 2).await, ["1", "2"]);
    assert!(!panics.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_hub_shows_an_outage_of_its_store() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    assert!(hub.outage().is_none());
    let begin = tokio::time::Instant::now().into_std();
    cut(&way).await;
    settle().await;
    let outage = hub.outage().unwrap();
    assert_eq!(outage.error.kind(), StoreErrorKind::Unavailable);
    assert!(outage.since.duration_since(begin).as_secs() < 1);
    heal(&way);
    settle().await;
    assert!(hub.outage().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_with_the_next_record() {
    let store = plain();
    let way = way_to(&store);
    let (hub, other) = (open(&way, 8).await, open(&store, 8).await);
    cut(&way).await;
    settle().await;
    publish(&other, "news", "one").await;
    heal(&way);
    let mut replay = other.replay(["news"]).await.unwrap();
    assert_eq!(read(&mut replay, 1).await, ["one"]);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(hub.last_id(), other.last_id());
    assert!(hub.outage().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_id_above_all_positions_is_a_gap_while_the_store_is_away() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    publish(&hub, "news", "one").await;
    pause().await;
    cut(&way).await;
    let highest = format!("ab12-{}", u64::MAX).try_into().unwrap();
    let mut resumed = hub.resume(["news"], id(&highest).as_ref()).await.unwrap();
    assert!(!resumed.gaps()[0].is_known);
    heal(&way);
    publish(&hub, "news", "two").await;
    let got = rest(&mut resumed).await;
    assert_eq!(got.last().unwrap(), "two");
}
