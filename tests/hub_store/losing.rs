//! Stores that are emptied, lose events, or do not answer, and hubs that are closed.

use std::{error::Error, time::Duration};

use futures_util::{FutureExt, StreamExt, future};
use tower_sse::{
    Channel, CloseReason, Event, Hub, HubOptions, PublishError, Stored,
    store::{HubStore, Position, StoreErrorKind},
};

use crate::{
    stores::{Damage, FaultRates, PlainStore},
    support::{
        cut, heal, id, open, options, pause, plain, publish, read, rest, settle, store, way_to,
    },
};

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_closed_ends_its_streams() {
    let store = store();
    let hub = open(&store, 8).await;
    let mut stream = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "one").await;
    assert_eq!(read(&mut stream, 1).await, ["one"]);
    drop(hub);
    assert!(stream.next().await.is_none());
    assert_eq!(stream.close_reason(), Some(CloseReason::Completed));
}

#[tokio::test(start_paused = true)]
async fn streams_end_when_their_store_is_emptied() {
    let store = plain();
    let hub = open(&store, 8).await;
    let mut stream = hub.subscribe(["news"]).await.unwrap();
    let last = publish(&hub, "news", "one").await;
    assert_eq!(read(&mut stream, 1).await, ["one"]);

    store.wipe("cd34".parse().unwrap());
    settle().await;
    assert!(stream.next().await.is_none());
    assert_eq!(stream.close_reason(), Some(CloseReason::Lagged));

    let next = publish(&hub, "news", "two").await;
    assert!(next.as_str().starts_with("cd34-"));
    pause().await;
    let mut resumed = hub.resume(["news"], id(&last).as_ref()).await.unwrap();
    assert!(!resumed.gaps()[0].is_known);
    assert_eq!(
        rest(&mut resumed).await,
        [format!("gap {next}"), "two".into()]
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_ahead_of_its_hub_begins_anew_when_the_store_is_emptied() {
    let store = plain();
    let way = way_to(&store);
    let (behind, other) = (open(&way, 8).await, open(&store, 8).await);
    way.set_rates(FaultRates {
        broken_tails: 1000,
        ..FaultRates::default()
    });
    way.break_tails();
    publish(&other, "news", "old").await;
    let last = publish(&other, "news", "old").await;
    let last = id(&last);
    let resuming = behind.resume(["news"], last.as_ref());
    let emptied = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        store.wipe("cd34".parse().unwrap());
        settle().await;
    };
    let (resumed, ()) = future::join(resuming, emptied).await;
    heal(&way);
    publish(&behind, "news", "new").await;
    assert_eq!(rest(&mut resumed.unwrap()).await, ["gap ", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_emptied_is_noticed_by_the_next_publish() {
    let store = plain();
    let hub = open(&store, 8).await;
    let mut stream = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "one").await;
    assert_eq!(read(&mut stream, 1).await, ["one"]);
    store.wipe("cd34".parse().unwrap());
    publish(&hub, "news", "two").await;
    let end = tokio::time::timeout(Duration::from_millis(100), stream.next());
    assert!(end.await.unwrap().is_none());
}

/// Publishes events of which the store loses the second, and then another one by another hub.
async fn lose_two(store: &PlainStore, hub: &Hub<Stored>, channels: [&str; 3]) {
    publish(hub, channels[0], "one").await;
    let saved = store.image();
    publish(hub, channels[1], "two").await;
    store.restore(&saved);
    let other = open(store, 8).await;
    publish(&other, channels[2], "three").await;
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_loss_is_one_gap_of_each_channel() {
    let store = plain();
    let hub = open(&store, 8).await;
    let first = publish(&hub, "news", "zero").await;
    lose_two(&store, &hub, ["news", "news", "news"]).await;
    let four = publish(&hub, "news", "four").await;
    let five = publish(&hub, "sport", "five").await;

    let channels = ["news", "sport"];
    let mut resumed = hub.resume(channels, id(&first).as_ref()).await.unwrap();
    let expected = [format!("gap {four}"), format!("gap {five}")];
    assert_eq!(read(&mut resumed, 2).await, expected);
    assert_eq!(rest(&mut resumed).await, ["four", "five"]);

    let mut resumed = hub.resume(channels, id(&four).as_ref()).await.unwrap();
    assert_eq!(rest(&mut resumed).await, ["five"]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_of_a_loss_ends_with_the_oldest_event_of_the_store() {
    let store = plain();
    let hub = open(&store, 2).await;
    let first = publish(&hub, "news", "zero").await;
    lose_two(&store, &hub, ["news", "news", "news"]).await;
    let four = publish(&hub, "news", "four").await;
    for text in ["five", "six", "seven"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    let expected = [&*format!("gap {four}"), "four", "five", "six", "seven"];
    assert_eq!(rest(&mut resumed).await, expected);
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_lags_by_a_loss() {
    let store = plain();
    let hub = open(&store, 8).await;
    let mut stream = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "zero").await;
    assert_eq!(read(&mut stream, 1).await, ["zero"]);
    lose_two(&store, &hub, ["news", "sport", "sport"]).await;
    rest(&mut stream).await;
    assert_eq!(stream.close_reason(), Some(CloseReason::Lagged));
}

#[tokio::test(start_paused = true)]
async fn a_loss_before_a_replay_is_no_gap() {
    let store = plain();
    let hub = open(&store, 2).await;
    lose_two(&store, &hub, ["news", "news", "news"]).await;
    publish(&hub, "news", "four").await;
    pause().await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["one", "three", "four"]);
}

#[tokio::test(start_paused = true)]
async fn a_replay_has_what_is_left_after_a_loss_while_it_is_read() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 2).await;
    for text in ["one", "two", "three"] {
        publish(&hub, "news", text).await;
    }
    let saved = store.image();
    let lost = publish(&hub, "sport", "lost").await;
    pause().await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    cut(&way).await;
    assert!(replay.next().now_or_never().is_none());
    store.restore(&saved);
    heal(&way);
    settle().await;

    assert_ne!(hub.last_id(), lost);
    assert_eq!(read(&mut replay, 3).await, ["one", "two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn an_ephemeral_channel_does_not_lag_by_a_loss() {
    let store = plain();
    let options = options(8).each(|name, options| match name {
        "typing" => options.ephemeral(),
        _ => options,
    });
    let hub = Hub::open(store.clone(), options).await.unwrap();
    let mut typing = hub.subscribe(["typing"]).await.unwrap();
    publish(&hub, "typing", "ada").await;
    assert_eq!(read(&mut typing, 1).await, ["ada"]);
    lose_two(&store, &hub, ["news", "news", "news"]).await;
    publish(&hub, "typing", "bob").await;
    assert_eq!(rest(&mut typing).await, ["bob"]);
    assert_eq!(typing.missed(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_come_is_a_gap_in_the_end() {
    let (store, begun) = (plain(), tokio::time::Instant::now());
    let way = way_to(&store);
    let hub = open(&way, 2).await;
    let first = publish(&hub, "news", "0").await;
    let mut other = hub.subscribe(["sport"]).await.unwrap();
    publish(&hub, "sport", "goal").await;
    for text in ["1", "2", "3"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    cut(&way).await;
    // Others are not held up.
    assert_eq!(read(&mut other, 1).await, ["goal"]);
    assert!(begun.elapsed() < Duration::from_secs(1));

    let texts = read(&mut resumed, 3).await;
    assert!(texts[0].starts_with("gap ab12-"), "{texts:?}");
    assert_eq!(texts[1..], ["2", "3"]);
    let waited = begun.elapsed().as_secs_f64();
    assert!((9.9..10.5).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_late_is_no_gap() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 2).await;
    let first = publish(&hub, "news", "0").await;
    for text in ["1", "2", "3"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    cut(&way).await;
    assert!(resumed.next().now_or_never().is_none());
    tokio::time::sleep(Duration::from_secs(5)).await;
    heal(&way);
    assert_eq!(rest(&mut resumed).await, ["1", "2", "3"]);
}

fn kind(result: Result<impl Sized, PublishError>) -> StoreErrorKind {
    match result {
        Err(PublishError::Store(error)) => error.kind(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it is published"),
    }
}

/// Returns the texts of an error and of its causes.
fn chain(error: &dyn Error) -> Vec<String> {
    let (mut chain, mut next) = (Vec::new(), Some(error));
    while let Some(error) = next {
        chain.push(error.to_string());
        next = error.source();
    }
    chain
}

fn news(hub: &Hub<Stored>) -> Channel<Event, Stored> {
    hub.channel("news").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_publish_fails_when_the_store_is_away() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    cut(&way).await;
    let begun = tokio::time::Instant::now();
    let published = news(&hub).publish(Event::new("one")).await;
    assert_eq!(kind(published), StoreErrorKind::Unavailable);
    assert_eq!(begun.elapsed().as_secs(), 10);

    heal(&way);
    settle().await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["checkpoint "]);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_store_names_each_cause_once() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    cut(&way).await;
    let error = news(&hub).publish(Event::new("one")).await.unwrap_err();
    let expected = ["the store does not have the event: the store is unavailable"];
    assert_eq!(chain(&error), expected);
}

#[tokio::test(start_paused = true)]
async fn a_publish_is_in_doubt_when_the_replies_are_lost() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    way.set_rates(FaultRates {
        lost_replies: 1000,
        ..FaultRates::default()
    });
    let published = news(&hub).publish(Event::new("one")).await;
    assert_eq!(kind(published), StoreErrorKind::Unknown);
    let mut replay = hub.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_reply_is_lost_is_stored_once() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    way.set_rates(FaultRates {
        lost_replies: 1000,
        ..FaultRates::default()
    });
    let channel = news(&hub);
    let publishing = tokio::spawn(async move { channel.publish(Event::new("one")).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    heal(&way);
    publishing.await.unwrap().unwrap();
    let mut replay = hub.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn no_publish_waits_for_ever_when_its_hub_is_closed() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    cut(&way).await;
    let publishing = hub.publish(["news"], &Event::new("one"));
    let publishing = tokio::spawn(publishing);
    pause().await;
    drop(hub);
    assert_eq!(kind(publishing.await.unwrap()), StoreErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_publish_that_waits_is_stored_although_its_hub_is_closed() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    cut(&way).await;
    let publishing = tokio::spawn(hub.publish(["news"], &Event::new("one")));
    pause().await;
    drop(hub);
    heal(&way);
    publishing.await.unwrap().unwrap();
    let other = open(&store, 8).await;
    let mut replay = other.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_is_not_opened_while_the_store_is_away() {
    let store = plain();
    let way = way_to(&store);
    cut(&way).await;
    let error = Hub::open(way, HubOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert_eq!(
        store.read(&[], Position::ZERO, 1).await.unwrap().head.last,
        Position::ZERO
    );
}

#[tokio::test(start_paused = true)]
async fn options_that_panic_for_one_name_do_not_cut_the_hub_off() {
    let store = store();
    let one = open(&store, 8).await;
    let options = options(8).each(|name, options| {
        assert_ne!(name, "evil");
        options
    });
    let other = Hub::open(store.clone(), options).await.unwrap();
    let mut stream = other.subscribe(["news"]).await.unwrap();
    publish(&one, "evil", "one").await;
    let last = publish(&one, "news", "two").await;
    assert_eq!(rest(&mut stream).await, ["two"]);
    assert_eq!(other.last_id(), last);
}
