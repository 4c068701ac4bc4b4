//! Events that the store has and the memory of a node no longer.

use std::{
    num::NonZeroUsize,
    task::{Context, Waker},
};

use futures_util::{StreamExt, future::BoxFuture};
use hyper::rt::Executor;
use tower_sse::{
    ChannelStart, CloseReason, Event, Hub, LagPolicy,
    store::{MemoryStore, MemoryStoreOptions},
};

use crate::{
    stores::Damage,
    support::{id, open, options, plain, publish, read, rest, short, store},
};

fn texts(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_client_far_behind_gets_all_from_the_store() {
    let store = short_store(2000);
    let hub = open(&store, 4).await;
    let first = publish(&hub, "news", "0").await;
    for text in texts(1..1200) {
        publish(&hub, "news", &text).await;
    }
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(rest(&mut resumed).await, texts(1..1200));
}

/// Polls each task once before it spawns it, as another thread may have done by then.
#[derive(Clone)]
struct EagerExecutor;

impl Executor<BoxFuture<'static, ()>> for EagerExecutor {
    fn execute(&self, mut task: BoxFuture<'static, ()>) {
        let mut context = Context::from_waker(Waker::noop());
        if task.as_mut().poll(&mut context).is_pending() {
            tokio::spawn(task);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_arrives_at_once_is_read() {
    let store = store();
    let options = options(2).executor(EagerExecutor);
    let hub = Hub::open(store, options).await.unwrap();
    let first = publish(&hub, "news", "0").await;
    for text in texts(1..600) {
        publish(&hub, "news", &text).await;
    }
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert!(rest(&mut resumed).await == texts(1..600));
}

#[tokio::test(start_paused = true)]
async fn a_client_gets_all_after_the_id_that_it_has() {
    let store = store();
    let hub = open(&store, 2).await;
    let mut ids = Vec::new();
    for text in texts(0..6) {
        ids.push(publish(&hub, "news", &text).await);
    }
    for (have, last) in ids.iter().enumerate() {
        let mut resumed = hub.resume(["news"], id(last).as_ref()).await.unwrap();
        assert_eq!(rest(&mut resumed).await, texts(have + 1..6));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_within_a_page_resumes_with_no_loss() {
    let store = store();
    let hub = open(&store, 2).await;
    let mut last = id(&publish(&hub, "news", "0").await);
    for text in texts(1..6) {
        publish(&hub, "news", &text).await;
    }
    let mut all = Vec::new();
    while all.len() < 5 {
        let mut resumed = hub.resume(["news"], last.as_ref()).await.unwrap();
        let event = resumed.next().await.unwrap();
        all.push(short(&event));
        last = id(&event.id().unwrap());
    }
    assert_eq!(all, texts(1..6));
}

#[tokio::test(start_paused = true)]
async fn what_is_published_while_a_page_is_read_follows_it() {
    let store = store();
    let hub = open(&store, 2).await;
    let first = publish(&hub, "news", "0").await;
    for text in texts(1..6) {
        publish(&hub, "news", &text).await;
    }
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(read(&mut resumed, 1).await, ["1"]);
    // The memory evicts the event at which the page was to end.
    for text in texts(6..10) {
        publish(&hub, "news", &text).await;
    }
    assert_eq!(rest(&mut resumed).await, texts(2..10));
}

#[tokio::test(start_paused = true)]
async fn later_events_of_other_channels_wait_for_a_page() {
    let store = store();
    let hub = open(&store, 4).await;
    let first = publish(&hub, "news", "0").await;
    publish(&hub, "quiet", "hush").await;
    for text in texts(1..20) {
        publish(&hub, "news", &text).await;
    }
    let starts = ["quiet", "news"];
    let mut resumed = hub.resume(starts, id(&first).as_ref()).await.unwrap();
    let mut expected = vec!["hush".to_owned()];
    expected.extend(texts(1..20));
    assert_eq!(rest(&mut resumed).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_is_served_from_the_store() {
    let store = store();
    let hub = open(&store, 4).await;
    let mut slow = hub.subscribe(["news"]).await.unwrap();
    for text in texts(0..50) {
        publish(&hub, "news", &text).await;
    }
    assert_eq!(rest(&mut slow).await, texts(0..50));
    assert_eq!((slow.missed(), slow.close_reason()), (0, None));
}

fn short_store(events: usize) -> MemoryStore {
    let events = NonZeroUsize::new(events).unwrap();
    MemoryStore::new(MemoryStoreOptions::new().max_entries(events))
}

#[tokio::test(start_paused = true)]
async fn what_the_store_has_dropped_is_a_gap() {
    let store = short_store(10);
    let hub = open(&store, 4).await;
    let first = publish(&hub, "news", "0").await;
    let mut oldest = first.clone();
    for text in texts(1..20) {
        let id = publish(&hub, "news", &text).await;
        if text == "10" {
            oldest = id;
        }
    }
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    let mut expected = vec![format!("gap {oldest}")];
    expected.extend(texts(10..20));
    assert_eq!(rest(&mut resumed).await, expected);

    // From the oldest event, nothing is missing.
    let mut replay = hub
        .resume([ChannelStart::replay("news")], None)
        .await
        .unwrap();
    assert_eq!(read(&mut replay, 10).await, texts(10..20));
}

#[tokio::test(start_paused = true)]
async fn a_gap_does_not_name_an_event_that_others_precede() {
    let store = plain();
    let hub = open(&store, 1).await;
    let first = publish(&hub, "news", "0").await;
    publish(&hub, "sport", "lost").await;
    for text in texts(1..1200) {
        publish(&hub, "news", &text).await;
    }
    for text in ["two", "three"] {
        publish(&hub, "sport", text).await;
    }
    store.trim_topic(&"sport".into(), 2);
    let channels = ["news", "sport"];
    let mut resumed = hub.resume(channels, id(&first).as_ref()).await.unwrap();
    // The first page ends before the oldest event that the store retains.
    assert_eq!(read(&mut resumed, 1).await, ["gap "]);
    let mut expected = texts(1..1200);
    expected.extend(["two".to_owned(), "three".to_owned()]);
    assert_eq!(rest(&mut resumed).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_slower_than_the_store_lags() {
    let store = short_store(10);
    let hub = open(&store, 4).await;
    let mut slow = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "0").await;
    assert_eq!(read(&mut slow, 1).await, ["0"]);
    for text in texts(1..20) {
        publish(&hub, "news", &text).await;
    }
    assert_eq!(rest(&mut slow).await, Vec::<String>::new());
    assert_eq!(slow.close_reason(), Some(CloseReason::Lagged));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_skips_to_the_newest_needs_no_page() {
    let store = store();
    let options = options(4);
    let hub = options.each(|_, options| options.lag_policy(LagPolicy::newest()));
    let hub = tower_sse::Hub::open(store, hub).await.unwrap();
    let mut slow = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "0").await;
    assert_eq!(read(&mut slow, 1).await, ["0"]);
    for text in texts(1..20) {
        publish(&hub, "news", &text).await;
    }
    assert_eq!(rest(&mut slow).await, ["19"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_an_ephemeral_channel_comes_once_with_a_page() {
    let options = options(2).each(|name, options| match name {
        "typing" => options.ephemeral(),
        _ => options,
    });
    let hub = tower_sse::Hub::open(store(), options).await.unwrap();
    let first = publish(&hub, "news", "0").await;
    let starts = ["news", "typing"];
    let mut stream = hub.resume(starts, id(&first).as_ref()).await.unwrap();
    let both = Event::new("both");
    hub.publish(["news", "typing"], &both).await.unwrap();
    for text in texts(1..4) {
        publish(&hub, "news", &text).await;
    }
    assert_eq!(rest(&mut stream).await, ["both", "1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_first_visit_has_no_id_before_a_page_of_what_it_replays() {
    let store = store();
    let hub = open(&store, 2).await;
    for text in texts(0..600) {
        publish(&hub, "news", &text).await;
    }
    let last = publish(&hub, "sport", "goal").await;
    let starts = [ChannelStart::resume("sport"), ChannelStart::replay("news")];
    let mut stream = hub.resume(starts, None).await.unwrap();
    for number in 0..600 {
        let event = stream.next().await.unwrap();
        assert_eq!((short(&event), event.id()), (number.to_string(), None));
    }
    assert_eq!(stream.next().await.unwrap().id(), Some(last));
}

#[tokio::test(start_paused = true)]
async fn what_is_published_after_a_replay_has_begun_does_not_go_in_silence() {
    let store = short_store(10);
    let hub = open(&store, 4).await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    for text in texts(0..20) {
        publish(&hub, "news", &text).await;
    }
    let all = rest(&mut replay).await;
    assert!(all.iter().any(|text| text.starts_with("gap ")), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_added_during_a_page_begins_with_its_history() {
    let store = store();
    let hub = open(&store, 2).await;
    publish(&hub, "sport", "goal").await;
    let first = publish(&hub, "news", "0").await;
    for text in texts(1..6) {
        publish(&hub, "news", &text).await;
    }
    let ada = hub.subscriber("ada");
    let mut stream = ada.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(read(&mut stream, 2).await, texts(1..3));
    let subscribers = hub.subscribers("ada");
    subscribers
        .add(ChannelStart::replay("sport"))
        .await
        .unwrap();
    assert_eq!(read(&mut stream, 2).await, ["channel-added sport", "goal"]);
    assert_eq!(read(&mut stream, 3).await, texts(3..6));
}

#[tokio::test(start_paused = true)]
async fn after_a_notified_lag_comes_all_that_the_store_has() {
    let options = options(4).each(|_, options| options.lag_policy(LagPolicy::notify()));
    let hub = tower_sse::Hub::open(short_store(10), options)
        .await
        .unwrap();
    let mut slow = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "0").await;
    assert_eq!(read(&mut slow, 1).await, ["0"]);
    for text in texts(1..20) {
        publish(&hub, "news", &text).await;
    }
    let mut expected = vec!["lagged 1".to_owned()];
    expected.extend(texts(10..20));
    assert_eq!(rest(&mut slow).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_channel_without_ids_that_was_removed_begins_with_what_the_store_has() {
    let options = options(4).max_channels(NonZeroUsize::MIN);
    let options = options.each(|_, options| options.without_ids());
    let hub = tower_sse::Hub::open(store(), options).await.unwrap();
    publish(&hub, "news", "one").await;
    publish(&hub, "sport", "two").await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["one"]);
}
