//! Channels that are added to and removed from open subscriptions on all nodes.

use std::{num::NonZeroUsize, sync::mpsc, time::Duration};

use futures_util::{FutureExt, StreamExt};
use tokio::sync::oneshot;
use tower_sse::{
    ChannelError, ChannelStart, CloseReason, Event, Hub, KeyPolicy, SubscribersError,
    store::{MemoryStore, MemoryStoreOptions},
};

use crate::{
    stores::Damage,
    support::{
        cut, heal, id, open, options, plain, publish, read, rest, settle, short, store, way_to,
    },
};

#[tokio::test(start_paused = true)]
async fn a_channel_is_added_and_removed_on_all_nodes() {
    let store = store();
    let (one, other) = (open(&store, 8).await, open(&store, 8).await);
    let mut here = one.subscriber("ada").subscribe(["news"]).await.unwrap();
    let mut there = other.subscriber("ada").subscribe(["news"]).await.unwrap();

    let added_at = one.subscribers("ada").add("sport").await.unwrap();
    assert_eq!(one.last_id(), added_at);
    publish(&other, "sport", "one").await;
    for stream in [&mut here, &mut there] {
        assert_eq!(read(stream, 1).await, ["channel-added sport"]);
        let checkpoint = stream.next().await.unwrap();
        assert_eq!(short(&checkpoint), "checkpoint ");
        assert_eq!(checkpoint.id().as_ref(), Some(&added_at));
        assert_eq!(read(stream, 1).await, ["one"]);
    }

    one.subscribers("ada").remove("sport").await.unwrap();
    publish(&other, "sport", "two").await;
    publish(&other, "news", "three").await;
    for stream in [&mut here, &mut there] {
        assert_eq!(rest(stream).await, ["channel-removed sport", "three"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_what_was_read_from_the_store_of_its_channel() {
    let store = store();
    let hub = open(&store, 2).await;
    let first = publish(&hub, "news", "zero").await;
    for text in ["one", "two", "three", "four", "five"] {
        publish(&hub, "news", text).await;
    }
    let ada = hub.subscriber("ada");
    let mut stream = ada.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(read(&mut stream, 1).await, ["one"]);
    hub.subscribers("ada").remove("news").await.unwrap();
    assert_eq!(rest(&mut stream).await, ["channel-removed news"]);
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_the_gap_that_was_found_in_its_channel() {
    let entries = NonZeroUsize::new(2).unwrap();
    let store = MemoryStore::new(MemoryStoreOptions::new().max_entries(entries));
    let hub = open(&store, 1).await;
    let first = publish(&hub, "news", "zero").await;
    let (mut news, channels) = (None, ["news", "sport"]);
    for text in ["1", "2", "3", "4"] {
        let id = publish(&hub, "news", text).await;
        news = news.or(Some(id).filter(|_| text == "3"));
        publish(&hub, "sport", text).await;
    }
    let ada = hub.subscriber("ada");
    let mut stream = ada.resume(channels, id(&first).as_ref()).await.unwrap();
    let gap = format!("gap {}", news.unwrap());
    assert_eq!(read(&mut stream, 1).await, [gap]);
    hub.subscribers("ada").remove("sport").await.unwrap();
    let got = rest(&mut stream).await;
    assert_eq!(got[..3], ["channel-removed sport", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn no_channel_can_be_added_that_nobody_can_have() {
    let store = store();
    let hub = open(&store, 8).await;
    let refused = hub.subscribers("ada").add("tower-sse:changes").await;
    let error = refused.unwrap_err();
    assert!(
        matches!(error, SubscribersError::Channel(ChannelError::Reserved)),
        "{error:?}"
    );
    let text = "the channel cannot be added to subscriptions: the name is reserved";
    assert_eq!(error.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn a_right_that_cannot_be_stored_changes_no_subscription() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    let mut stream = hub.subscriber("ada").subscribe(["news"]).await.unwrap();
    cut(&way).await;
    let error = hub.subscribers("ada").remove("news").await.unwrap_err();
    let text = "the subscriptions do not change: the store is unavailable";
    assert_eq!(error.to_string(), text);

    heal(&way);
    settle().await;
    publish(&hub, "news", "one").await;
    assert_eq!(rest(&mut stream).await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_channel_that_is_added_begins_with_a_snapshot() {
    let keys = NonZeroUsize::new(8).unwrap();
    let options = options(8).each(move |name, options| match name {
        "prices" => options.keyed(keys, KeyPolicy::reject()),
        _ => options,
    });
    let hub = Hub::open(store(), options).await.unwrap();
    let prices = hub.keyed_channel("prices").unwrap();
    prices.publish("tea", Event::new("tea 3")).await.unwrap();
    let mut stream = hub.subscriber("ada").subscribe(["news"]).await.unwrap();
    hub.subscribers("ada").add("prices").await.unwrap();
    let got = read(&mut stream, 3).await;
    assert_eq!(got, ["channel-added prices", "snapshot prices", "tea 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_whose_hub_may_have_missed_a_removal() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (open(&store, 8).await, open(&way, 8).await);
    let channels = ["news", "secrets"];
    let mut named = other.subscriber("ada").subscribe(channels).await.unwrap();
    let mut anonymous = other.subscribe(channels).await.unwrap();
    cut(&way).await;
    one.subscribers("ada").remove("secrets").await.unwrap();
    for text in ["1", "2"] {
        publish(&one, "secrets", text).await;
    }
    store.trim_tail(1);
    heal(&way);
    settle().await;

    assert_eq!(named.next().await.map(|event| short(&event)), None);
    assert_eq!(named.close_reason(), Some(CloseReason::Lagged));
    assert_eq!(rest(&mut anonymous).await, ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_whose_removal_the_store_has_lost() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (open(&store, 8).await, open(&way, 8).await);
    let channels = ["news", "secrets"];
    let mut named = other.subscriber("ada").subscribe(channels).await.unwrap();
    publish(&one, "news", "0").await;
    assert_eq!(read(&mut named, 1).await, ["0"]);
    cut(&way).await;
    let saved = store.image();
    one.subscribers("ada").remove("secrets").await.unwrap();
    store.restore(&saved);
    heal(&way);
    settle().await;
    publish(&one, "secrets", "1").await;
    let got = rest(&mut named).await;
    assert!(!got.contains(&"1".to_owned()), "{got:?}");
    assert_eq!(named.close_reason(), Some(CloseReason::Lagged));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_channel_that_is_added_is_loaded_on_all_nodes() {
    let keys = NonZeroUsize::new(8).unwrap();
    let options = || {
        options(8).each(move |name, options| match name {
            "prices" => options.keyed(keys, KeyPolicy::reject()),
            _ => options,
        })
    };
    let store = store();
    let one = Hub::open(store.clone(), options()).await.unwrap();
    let prices = one.keyed_channel("prices").unwrap();
    prices.publish("tea", Event::new("tea 3")).await.unwrap();

    // It has not read the channel before.
    let other = Hub::open(store, options()).await.unwrap();
    let mut stream = other.subscriber("ada").subscribe(["news"]).await.unwrap();
    one.subscribers("ada").add("prices").await.unwrap();
    prices.publish("oil", Event::new("oil 7")).await.unwrap();
    let got = rest(&mut stream).await;
    let got: Vec<_> = got
        .iter()
        .filter(|one| !one.starts_with("checkpoint"))
        .collect();
    assert_eq!(
        got,
        ["channel-added prices", "snapshot prices", "tea 3", "oil 7"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_right_ahead_of_the_node_shows_nothing_from_before_it() {
    let (store, start) = (plain(), ChannelStart::since);
    let way = way_to(&store);
    let (one, other) = (open(&store, 8).await, open(&way, 8).await);
    publish(&one, "team", "secret").await;
    settle().await;
    cut(&way).await;
    publish(&one, "team", "secret too").await;
    let given_at = one.subscribers("ada").add("team").await.unwrap();

    let late = other.subscriber("ada").subscribe([start("team", given_at)]);
    let mut late = late.await.unwrap();
    heal(&way);
    publish(&one, "team", "welcome").await;
    let got = rest(&mut late).await;
    assert!(got.contains(&"welcome".to_owned()), "{got:?}");
    assert!(!got.iter().any(|text| text.contains("secret")), "{got:?}");
}

/// A poll is blocked in the middle, while the channel that it reads is removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hub_does_not_wait_for_a_poll_of_a_stream_that_it_changes() {
    let hub = open(&store(), 8).await;
    let (entered, has_entered) = oneshot::channel();
    let (release, released) = mpsc::channel();
    let mut entered = Some(entered);
    let ada = hub.subscriber("ada").subscribe(["news"]).await.unwrap();
    let mut ada = ada.filter_events(move |_| match entered.take() {
        Some(entered) => {
            entered.send(()).unwrap();
            released.recv().unwrap();
            false
        }
        None => true,
    });
    let mut other = hub.subscribe(["sport"]).await.unwrap();
    let before = publish(&hub, "news", "block").await;
    let reading = tokio::spawn(async move { read(&mut ada, 1).await });
    has_entered.await.unwrap();

    let subscribers = hub.subscribers("ada");
    let mut removing = tokio::spawn(async move { subscribers.remove("news").await });
    // The hub has applied the removal when it is beyond it.
    let beyond = async {
        while hub.last_id() == before {
            tokio::task::yield_now().await;
        }
        publish(&hub, "news", "secret").await;
        publish(&hub, "sport", "goal").await;
        assert_eq!(read(&mut other, 1).await, ["goal"]);
    };
    let enough = Duration::from_secs(10);
    tokio::time::timeout(enough, beyond).await.unwrap();
    assert!((&mut removing).now_or_never().is_none());
    release.send(()).unwrap();
    assert_eq!(reading.await.unwrap(), ["channel-removed news"]);
    removing.await.unwrap().unwrap();
}
