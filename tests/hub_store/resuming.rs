//! Clients that come back to another node.

use tower_sse::{Event, LastEventId};

use crate::support::{id, open, publish, read, rest, store};

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
