//! Stores that are slow, break, or contradict themselves.

use std::num::NonZeroUsize;

use tower_sse::{
    Event, Hub, KeyPolicy, PublishError,
    store::{MemoryStore, MemoryStoreOptions, StoreErrorKind},
};

use crate::support::{cut, open, options, pause, plain, publish, read, rest, way_to};

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
