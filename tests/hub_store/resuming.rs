//! Clients that come back to another node.

use std::time::Duration;

use tower_sse::{Channel, ChannelStart, Event, LastEventId, Stored};

use crate::{
    stores::FaultRates,
    support::{cut, heal, id, open, pause, plain, publish, read, rest, settle, store, way_to},
};

#[tokio::test(start_paused = true)]
async fn a_client_resumes_at_another_node() {
    let store = store();
    let (one, other) = (open(&store, 8).await, open(&store, 8).await);
    let first = publish(&one, "news", "one").await;
    publish(&one, "sport", "two").await;
    publish(&other, "news", "three").await;

    let mut resumed = other
        .resume(["news", "sport"], id(&first).as_ref())
        .await
        .unwrap();
    assert_eq!(read(&mut resumed, 2).await, ["two", "three"]);
    publish(&one, "sport", "four").await;
    assert_eq!(rest(&mut resumed).await, ["four"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_several_channels_comes_once() {
    let store = store();
    let (one, other) = (open(&store, 8).await, open(&store, 8).await);
    let mut all = other.subscribe(["news", "sport"]).await.unwrap();
    let event = Event::new("both");
    one.publish(["news", "sport", "news"], &event)
        .await
        .unwrap();
    assert_eq!(rest(&mut all).await, ["both"]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_opened_later_has_what_was_published() {
    let store = store();
    let one = open(&store, 8).await;
    let first = publish(&one, "news", "one").await;
    publish(&one, "news", "two").await;
    drop(one);

    let other = open(&store, 8).await;
    let mut resumed = other.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(rest(&mut resumed).await, ["two"]);
    let mut replay = other.replay(["news"]).await.unwrap();
    assert_eq!(rest(&mut replay).await, ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_opened_later_numbers_on() {
    let store = store();
    let one = open(&store, 8).await;
    let last = publish(&one, "news", "one").await;
    drop(one);

    let other = open(&store, 8).await;
    let mut resumed = other.resume(["news"], id(&last).as_ref()).await.unwrap();
    let next = publish(&other, "news", "two").await;
    let (epoch, number) = last.as_str().split_once('-').unwrap();
    let number: u64 = number.parse().unwrap();
    assert_eq!(next, *format!("{epoch}-{}", number + 1));
    assert_eq!(rest(&mut resumed).await, ["two"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_id_before_the_first_event_survives_a_restart() {
    let store = store();
    let one = open(&store, 8).await;
    let last = one.last_id();
    drop(one);

    let other = open(&store, 8).await;
    assert_eq!(other.last_id(), last);
    publish(&other, "news", "one").await;
    publish(&other, "news", "two").await;
    let mut resumed = other.resume(["news"], id(&last).as_ref()).await.unwrap();
    assert_eq!(rest(&mut resumed).await, ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_epoch_is_a_gap() {
    let store = store();
    let one = open(&store, 8).await;
    publish(&one, "news", "one").await;
    let unknown = LastEventId::new("ab12cd-7".to_owned().try_into().unwrap());
    let mut resumed = one.resume(["news"], unknown.as_ref()).await.unwrap();
    assert!(!resumed.gaps()[0].is_known);
    let last = one.last_id();
    assert_eq!(
        rest(&mut resumed).await,
        [format!("gap {last}"), "one".to_owned()]
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_above_the_last_position_is_a_gap() {
    let store = store();
    let one = open(&store, 8).await;
    let last = publish(&one, "news", "one").await;
    let (epoch, number) = last.as_str().split_once('-').unwrap();
    let ahead = format!("{epoch}-{}", number.parse::<u64>().unwrap() + 100);
    let ahead = LastEventId::new(ahead.try_into().unwrap());
    let mut resumed = one.resume(["news"], ahead.as_ref()).await.unwrap();
    assert!(!resumed.gaps()[0].is_known);
    let next = publish(&one, "news", "two").await;
    // Nothing twice: another node may have sent what precedes the id.
    assert_eq!(rest(&mut resumed).await, ["gap ", "two"]);
    assert_ne!(next, last);
}

/// The delay of each record that a hub gets which is behind.
fn slow() -> FaultRates {
    FaultRates {
        delay: Duration::from_secs(2),
        ..FaultRates::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_a_faster_hub_waits_for_this_one() {
    let store = plain();
    let way = way_to(&store);
    let (fast, slow_hub) = (open(&store, 8).await, open(&way, 8).await);
    way.set_rates(slow());
    let mut last = publish(&fast, "news", "0").await;
    for text in ["1", "2", "3", "4"] {
        last = publish(&fast, "news", text).await;
    }
    assert_ne!(slow_hub.last_id(), last);
    let mut resumed = slow_hub.resume(["news"], id(&last).as_ref()).await.unwrap();
    assert_eq!(slow_hub.last_id(), last);
    assert!(resumed.gaps().is_empty());
    publish(&fast, "news", "5").await;
    assert_eq!(rest(&mut resumed).await, ["5"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_of_a_slower_hub_gets_what_that_one_has_not() {
    let store = plain();
    let way = way_to(&store);
    let (fast, slow_hub) = (open(&store, 8).await, open(&way, 8).await);
    let first = publish(&fast, "news", "0").await;
    pause().await;
    cut(&way).await;
    publish(&fast, "news", "1").await;
    pause().await;
    assert_eq!(slow_hub.last_id(), first);
    let mut resumed = fast.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(rest(&mut resumed).await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_an_id_that_was_made_up_gets_nothing_up_to_the_end_of_the_store() {
    let store = plain();
    let way = way_to(&store);
    let (fast, slow_hub) = (open(&store, 8).await, open(&way, 8).await);
    way.set_rates(slow());
    let mut last = publish(&fast, "news", "0").await;
    for text in ["1", "2", "3", "4"] {
        last = publish(&fast, "news", text).await;
    }
    let made_up = LastEventId::new("ab12-1000".to_owned().try_into().unwrap());
    let mut resumed = slow_hub.resume(["news"], made_up.as_ref()).await.unwrap();
    let until = resumed.gaps()[0].until.as_str().to_owned();
    let number = |id: &str| id.split_once('-').unwrap().1.parse::<u64>().unwrap();
    assert_eq!(number(&until), number(last.as_str()) + 1);
    publish(&fast, "news", "5").await;
    assert_eq!(rest(&mut resumed).await, ["gap ", "5"]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_does_not_count_for_the_history_of_a_channel_that_was_added() {
    let store = plain();
    let hub = open(&store, 8).await;
    publish(&hub, "sport", "goal").await;
    let added_at = hub.subscribers("ada").add("sport").await.unwrap();
    let last = publish(&hub, "news", "one").await;
    pause().await;
    let starts = [
        ChannelStart::resume("news"),
        ChannelStart::replay("sport").added_at(added_at),
    ];
    let made_up = LastEventId::new("ab12-1000".to_owned().try_into().unwrap());
    let mut resumed = hub.resume(starts, made_up.as_ref()).await.unwrap();
    let mut ids = Vec::new();
    for expected in ["gap ", "channel-added sport", "goal", "checkpoint "] {
        let event = futures_util::StreamExt::next(&mut resumed).await.unwrap();
        assert_eq!(crate::support::short(&event), expected);
        ids.push(event.id());
    }
    assert_eq!(ids, [None, None, None, Some(last)]);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_its_own_may_publish() {
    let hub = open(&store(), 8).await;
    let mut stream = hub.subscribe(["news"]).await.unwrap();
    let publish = {
        let channel: Channel<Event, Stored> = hub.channel("news").unwrap();
        channel.publish(Event::new("one"))
    };
    tokio::spawn(publish).await.unwrap().unwrap();
    assert_eq!(rest(&mut stream).await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_several_channels_comes_once_to_a_client_ahead_of_its_hub() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (open(&store, 8).await, open(&way, 1).await);
    cut(&way).await;
    publish(&one, "sport", "0").await;
    let mut last = publish(&one, "news", "1").await;
    for text in ["2", "3"] {
        last = publish(&one, "news", text).await;
    }
    let channels = ["news", "sport"];
    let mut ahead = other.resume(channels, id(&last).as_ref()).await.unwrap();
    heal(&way);
    settle().await;
    one.publish(channels, &Event::new("both")).await.unwrap();
    let mut got = rest(&mut ahead).await;
    publish(&one, "news", "4").await;
    got.extend(rest(&mut ahead).await);
    got.retain(|text| !text.starts_with("gap "));
    assert_eq!(got, ["both", "4"]);
}
