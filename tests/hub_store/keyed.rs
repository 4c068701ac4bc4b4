//! Keyed channels of several nodes.

use std::num::NonZeroUsize;

use futures_util::StreamExt;
use tower_sse::{
    CloseReason, Event, Hub, KeyPolicy, KeyedChannel, PublishError, Stored, store::HubStore,
};

use crate::{
    stores::Damage,
    support::{id, options, plain, read, rest, settle, store},
};

async fn open(store: &(impl HubStore + Clone), max_keys: usize, policy: KeyPolicy) -> Hub<Stored> {
    let max_keys = NonZeroUsize::new(max_keys).unwrap();
    let options = options(8).each(move |_, options| options.keyed(max_keys, policy));
    Hub::open(store.clone(), options).await.unwrap()
}

fn prices(hub: &Hub<Stored>) -> KeyedChannel<Event, Stored> {
    hub.keyed_channel("prices").unwrap()
}

async fn publish(hub: &Hub<Stored>, key: &str, text: &str) -> Result<(), PublishError> {
    let event = Event::new(text.to_owned());
    prices(hub).publish(key, event).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_new_node_begins_with_the_keys_of_the_store() {
    let store = store();
    let one = open(&store, 8, KeyPolicy::reject()).await;
    publish(&one, "tea", "tea 3").await.unwrap();
    publish(&one, "oil", "oil 7").await.unwrap();
    publish(&one, "tea", "tea 4").await.unwrap();
    publish(&one, "tin", "tin 1").await.unwrap();
    let removed = prices(&one).remove("tin").await.unwrap();
    assert!(removed.is_some());
    assert_eq!(prices(&one).remove("tin").await.unwrap(), None);

    let other = open(&store, 8, KeyPolicy::reject()).await;
    assert!(prices(&other).load().await);
    assert_eq!(prices(&other).keys().len(), 2);
    let mut snapshot = prices(&other).resume(None).await;
    publish(&one, "tea", "tea 5").await.unwrap();
    let all = rest(&mut snapshot).await;
    assert_eq!(all, ["snapshot prices", "oil 7", "tea 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_resumes_the_keys_at_another_node() {
    let store = store();
    let one = open(&store, 8, KeyPolicy::reject()).await;
    publish(&one, "tea", "tea 3").await.unwrap();
    publish(&one, "oil", "oil 7").await.unwrap();
    let last = prices(&one)
        .publish("tin", Event::new("tin 1"))
        .await
        .unwrap();
    prices(&one).remove("oil").await.unwrap();
    publish(&one, "tea", "tea 4").await.unwrap();

    let other = open(&store, 8, KeyPolicy::reject()).await;
    let mut resumed = prices(&other).resume(id(&last).as_ref()).await;
    assert_eq!(rest(&mut resumed).await, ["key-removed oil", "tea 4"]);
}

#[tokio::test(start_paused = true)]
async fn the_bound_of_keys_holds() {
    let store = store();
    let full = open(&store, 2, KeyPolicy::reject()).await;
    publish(&full, "a", "1").await.unwrap();
    publish(&full, "b", "2").await.unwrap();
    let rejected = publish(&full, "c", "3").await;
    assert!(matches!(rejected, Err(PublishError::Full)), "{rejected:?}");

    let rolling = open(&store, 2, KeyPolicy::remove_oldest()).await;
    publish(&rolling, "c", "3").await.unwrap();
    let mut snapshot = prices(&full).resume(None).await;
    assert_eq!(rest(&mut snapshot).await, ["snapshot prices", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_emptied_has_no_keys() {
    let store = plain();
    let hub = open(&store, 8, KeyPolicy::reject()).await;
    publish(&hub, "tea", "tea 3").await.unwrap();
    let last = prices(&hub)
        .publish("oil", Event::new("oil 7"))
        .await
        .unwrap();
    let mut open_stream = prices(&hub).resume(None).await;
    assert_eq!(
        rest(&mut open_stream).await,
        ["snapshot prices", "tea 3", "oil 7"]
    );

    store.wipe("cd34".parse().unwrap());
    settle().await;
    assert!(open_stream.next().await.is_none());
    assert_eq!(open_stream.close_reason(), Some(CloseReason::Lagged));
    publish(&hub, "tin", "tin 1").await.unwrap();
    let mut resumed = prices(&hub).resume(id(&last).as_ref()).await;
    assert_eq!(rest(&mut resumed).await, ["snapshot prices", "tin 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_gets_the_older_event_of_a_key_after_a_loss() {
    let store = plain();
    let hub = open(&store, 8, KeyPolicy::reject()).await;
    publish(&hub, "tea", "tea 3").await.unwrap();
    publish(&hub, "oil", "oil 7").await.unwrap();
    let mut stream = prices(&hub).resume(None).await;
    let saved = store.image();
    publish(&hub, "tea", "tea 4").await.unwrap();
    let last = prices(&hub)
        .publish("tin", Event::new("tin 1"))
        .await
        .unwrap();
    rest(&mut stream).await;
    store.restore(&saved);
    settle().await;

    let mut after = rest(&mut stream).await;
    after.sort();
    assert_eq!(after, ["checkpoint ", "key-removed tin", "tea 3"]);
    // Another client has the same id, and has been away.
    let mut resumed = prices(&hub).resume(id(&last).as_ref()).await;
    let expected = ["snapshot prices", "tea 3", "oil 7"];
    assert_eq!(rest(&mut resumed).await[..3], expected);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_update_was_lost_before_it_was_read_does_not_come_twice() {
    let store = plain();
    let hub = open(&store, 8, KeyPolicy::reject()).await;
    publish(&hub, "tea", "tea 3").await.unwrap();
    let mut stream = prices(&hub).resume(None).await;
    assert_eq!(rest(&mut stream).await, ["snapshot prices", "tea 3"]);
    let saved = store.image();
    publish(&hub, "oil", "oil 7").await.unwrap();
    publish(&hub, "tea", "tea 4").await.unwrap();
    assert_eq!(read(&mut stream, 1).await, ["oil 7"]);
    store.restore(&saved);
    settle().await;

    let expected = ["checkpoint ", "key-removed oil", "checkpoint "];
    assert_eq!(rest(&mut stream).await, expected);
}
