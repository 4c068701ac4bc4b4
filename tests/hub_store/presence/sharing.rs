//! Names that come and go.

use futures_util::StreamExt;
use tower_sse::{Channel, CloseReason, Event, Stored};

use super::*;
use crate::{
    stores::Damage,
    support::{cut, pause, plain, publish, store, way_to},
};

#[tokio::test(start_paused = true)]
async fn names_come_and_go_on_all_nodes() {
    let store = store();
    let (one, other) = (node(&store).await, node(&store).await);
    let mut watching = watch(&other).await;
    let ada = enter(&one, "ada").await;
    let bob = enter(&other, "bob").await;
    pause().await;
    assert_eq!((&*names(&one), &*names(&other)), ("ada bob", "ada bob"));
    let mut joined = ready(&mut watching);
    joined.sort();
    assert_eq!(joined, ["joined ada", "joined bob"]);

    drop(ada);
    sleep(3.9).await;
    assert_eq!((&*names(&one), &*names(&other)), ("ada bob", "ada bob"));
    sleep(0.2).await;
    assert_eq!((&*names(&one), &*names(&other)), ("bob", "bob"));
    assert_eq!(ready(&mut watching), ["left ada"]);
    drop(bob);
    sleep(4.1).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}

#[tokio::test(start_paused = true)]
async fn a_user_on_two_nodes_is_there_once() {
    let store = store();
    let (one, two, three) = (node(&store).await, node(&store).await, node(&store).await);
    let mut watching = watch(&three).await;
    let (here, there) = (enter(&one, "ada").await, enter(&two, "ada").await);
    pause().await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
    drop(here);
    sleep(60.0).await;
    for hub in [&one, &two, &three] {
        assert_eq!(names(hub), "ada");
    }
    drop(there);
    sleep(3.9).await;
    assert_eq!(ready(&mut watching), [] as [&str; 0]);
    sleep(0.2).await;
    assert_eq!(ready(&mut watching), ["left ada"]);
    for hub in [&one, &two, &three] {
        assert_eq!(names(hub), "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_to_another_node_has_not_left() {
    let store = store();
    let (one, two, three) = (node(&store).await, node(&store).await, node(&store).await);
    let mut watching = watch(&three).await;
    let before = enter(&one, "ada").await;
    pause().await;
    drop(before);
    sleep(3.0).await;
    let _after = enter(&two, "ada").await;
    sleep(60.0).await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
    assert_eq!(names(&one), "ada");
}

#[tokio::test(start_paused = true)]
async fn a_name_whose_right_is_revoked_on_another_node_leaves_all() {
    let store = store();
    let (one, other) = (node(&store).await, node(&store).await);
    names(&other);
    pause().await;
    let ada = one.subscriber("ada");
    let mut ada = ada.subscribe([ROOM, "news"]).await.unwrap();
    pause().await;
    assert_eq!(names(&other), "ada");
    other.subscribers("ada").remove(ROOM).await.unwrap();
    assert_eq!(read(&mut ada, 1).await, [format!("channel-removed {ROOM}")]);
    sleep(4.1).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_added_on_another_node_counts() {
    let store = store();
    let (one, other) = (node(&store).await, node(&store).await);
    let mut ada = one.subscriber("ada").subscribe(["news"]).await.unwrap();
    names(&other);
    other.subscribers("ada").add(ROOM).await.unwrap();
    assert_eq!(read(&mut ada, 1).await, [format!("channel-added {ROOM}")]);
    pause().await;
    assert_eq!((&*names(&one), &*names(&other)), ("ada", "ada"));
}

#[tokio::test(start_paused = true)]
async fn a_node_without_the_channel_has_the_list() {
    let store = store();
    let (one, other) = (node(&store).await, node(&store).await);
    assert_eq!(names(&other), "");
    let _ada = enter(&one, "ada").await;
    pause().await;
    assert_eq!(names(&other), "ada");
    assert_eq!(other.presence(ROOM).unwrap().len(), 1);
    assert!(other.is_empty(), "it makes no channel");

    // Nor does it keep one.
    let (mut watching, _bob) = (watch(&other).await, enter(&other, "bob").await);
    assert_eq!(read(&mut watching, 2).await, ["joined ada", "joined bob"]);
    drop((watching, _bob));
    sleep(120.0).await;
    assert_eq!((&*names(&other), other.len()), ("ada", 0));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_starts_later_has_the_whole_list() {
    let store = store();
    let (one, two) = (node(&store).await, node(&store).await);
    let _streams = [
        enter(&one, "ada").await,
        enter(&one, "bob").await,
        enter(&two, "eve").await,
    ];
    sleep(60.0).await;
    let three = node(&store).await;
    assert_eq!(names(&three), "");
    pause().await;
    assert_eq!(names(&three), "ada bob eve");

    // So does one whose first subscriber is of the feed.
    let four = node(&store).await;
    let mut watching = watch(&four).await;
    let joined = ["joined ada", "joined bob", "joined eve"];
    assert_eq!(read(&mut watching, 3).await, joined);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_starts_believes_no_old_messages() {
    let store = plain();
    let way = way_to(&store);
    let one = node(&way).await;
    let mut ada = enter(&one, "ada").await;
    // The later node makes the channel before it reads the messages.
    store.trim_tail(0);
    publish(&one, ROOM, "hello").await;
    assert_eq!(read(&mut ada, 1).await, ["hello"]);
    let _bob = enter(&one, "bob").await;
    pause().await;
    cut(&way).await;
    drop(one);
    let later = node(&store).await;
    let mut watching = watch(&later).await;
    for _ in 0..30 {
        assert_eq!(names(&later), "");
        sleep(1.0).await;
    }
    assert_eq!(ready(&mut watching), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn names_are_the_same_after_the_store_was_emptied() {
    let store = plain();
    let (one, other) = (node(&store).await, node(&store).await);
    let (mut ada, mut watching) = (enter(&one, "ada").await, watch(&other).await);
    pause().await;
    store.wipe("cd34".parse().unwrap());
    sleep(20.0).await;
    assert!(ada.next().await.is_none());
    assert!(ready(&mut watching).len() <= 1);
    assert_eq!(watching.close_reason(), Some(CloseReason::Lagged));
    drop(ada);
    let _again = enter(&one, "ada").await;
    sleep(20.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("ada", "ada"));
    drop(_again);
    sleep(20.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}

#[tokio::test(start_paused = true)]
async fn events_do_not_wait_for_the_presence() {
    let store = store();
    let (one, other) = (node(&store).await, node(&store).await);
    let mut ada = enter(&one, "ada").await;
    pause().await;
    let room: Channel<Event, Stored> = other.channel(ROOM).unwrap();
    let id = room.publish(Event::new("hello")).await.unwrap();
    let event = ada.next().await.unwrap();
    assert_eq!(event.id(), Some(id));
}
