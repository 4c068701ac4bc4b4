//! A hub that has not read from the store yet what it has published.

use std::{num::NonZeroUsize, time::Duration};

use futures_util::{Stream, StreamExt};
use tower_sse::{
    Event, Hub, KeyPolicy, KeyedChannel, PublishError, Stored,
    store::{Appended, Batch, HubStore, MemoryStore, Page, Position, StoreError, Tailed, Topic},
};

use crate::support::{options, rest, store};

/// A store whose records come a second late.
struct LateTail(MemoryStore);

impl HubStore for LateTail {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.0.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.0.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        self.0.tail(after).then(|tailed| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tailed
        })
    }
}

async fn prices(policy: KeyPolicy) -> KeyedChannel<Event, Stored> {
    let max_keys = NonZeroUsize::new(2).unwrap();
    let options = options(8).each(move |_, options| options.keyed(max_keys, policy));
    let hub = Hub::open(LateTail(store()), options).await.unwrap();
    let prices = hub.keyed_channel("prices").unwrap();
    assert!(prices.load().await);
    prices
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_just_published_can_be_removed() {
    let prices = prices(KeyPolicy::reject()).await;
    prices.publish("tea", Event::new("tea 3")).await.unwrap();
    assert!(prices.remove("tea").await.unwrap().is_some());
    assert_eq!(prices.remove("tea").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_just_published_count() {
    let prices = prices(KeyPolicy::reject()).await;
    prices.publish("tea", Event::new("tea 3")).await.unwrap();
    prices.publish("oil", Event::new("oil 7")).await.unwrap();
    let rejected = prices.publish("tin", Event::new("tin 1")).await;
    assert!(matches!(rejected, Err(PublishError::Full)), "{rejected:?}");
}

#[tokio::test(start_paused = true)]
async fn the_oldest_of_the_keys_that_were_just_published_makes_room() {
    let prices = prices(KeyPolicy::remove_oldest()).await;
    for key in ["tea", "oil", "tin"] {
        prices.publish(key, Event::new(key)).await.unwrap();
    }
    let mut snapshot = prices.resume(None).await;
    // The snapshot is as late as the records.
    let expected = ["snapshot prices", "tea", "oil", "key-removed tea", "tin"];
    assert_eq!(rest(&mut snapshot).await, expected);
}
