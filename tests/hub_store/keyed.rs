//! Keyed channels of several nodes.

use std::num::NonZeroUsize;

use tower_sse::{Event, Hub, KeyPolicy, KeyedChannel, PublishError, Stored, store::MemoryStore};

use crate::support::{id, options, rest, store};

async fn open(store: &MemoryStore, max_keys: usize, policy: KeyPolicy) -> Hub<Stored> {
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
