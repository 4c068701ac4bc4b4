//! Nodes and channels that are closed.

use super::*;
use crate::support::{cut, pause, plain, way_to};

#[tokio::test(start_paused = true)]
async fn a_node_that_is_closed_says_goodbye() {
    let store = plain();
    let (one, other) = (node(&store).await, node(&store).await);
    let mut watching = watch(&other).await;
    let _ada = enter(&one, "ada").await;
    pause().await;
    drop(one);
    pause().await;
    assert!(kinds(&store).ends_with(" bye"), "{}", kinds(&store));
    // Its clients may be about to reconnect.
    sleep(3.9).await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
    sleep(0.2).await;
    assert_eq!(ready(&mut watching), ["left ada"]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_closed_has_no_names_any_more() {
    let store = plain();
    let (one, other) = (node(&store).await, node(&store).await);
    let (presence, mut watching) = (other.presence(ROOM).unwrap(), watch(&other).await);
    let _ada = enter(&one, "ada").await;
    pause().await;
    assert_eq!(presence.len(), 1);
    assert_eq!(ready(&mut watching), ["joined ada"]);
    drop(other);
    assert!(presence.is_empty());
    assert_eq!(ready(&mut watching), ["left ada"]);
    assert!(watching.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_closed_before_it_had_names_says_nothing() {
    let store = plain();
    let one = node(&store).await;
    assert_eq!(names(&one), "");
    pause().await;
    drop(one);
    pause().await;
    assert_eq!(kinds(&store), "hello");
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_the_store() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&store).await);
    names(&other);
    let mut ada = enter(&one, "ada").await;
    pause().await;
    cut(&way).await;
    let begun = tokio::time::Instant::now();
    drop(one);
    assert!(ada.next().await.is_none());
    assert_eq!(begun.elapsed(), Duration::ZERO);
    sleep(19.1).await;
    assert_eq!(names(&other), "");
}

#[tokio::test(start_paused = true)]
async fn the_names_of_a_closed_channel_leave_other_nodes_after_the_grace_time() {
    let store = plain();
    let (one, two, three) = (node(&store).await, node(&store).await, node(&store).await);
    let mut watching = watch(&three).await;
    let _streams = [enter(&one, "ada").await, enter(&one, "bob").await];
    pause().await;
    let mut joined = ready(&mut watching);
    joined.sort();
    assert_eq!(joined, ["joined ada", "joined bob"]);
    one.close();
    sleep(3.0).await;
    // As a client does whose stream has ended.
    let _again = enter(&two, "ada").await;
    sleep(0.9).await;
    assert_eq!(ready(&mut watching), [] as [&str; 0]);
    sleep(0.2).await;
    assert_eq!(ready(&mut watching), ["left bob"]);
    sleep(60.0).await;
    assert_eq!((&*names(&one), &*names(&three)), ("ada", "ada"));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_makes_room_for_another_takes_its_names_along() {
    let store = plain();
    let options = presence_options().max_channels(std::num::NonZeroUsize::MIN);
    let (one, other) = (open_with(&store, options).await, node(&store).await);
    names(&other);
    drop(enter(&one, "ada").await);
    pause().await;
    assert_eq!(names(&other), "ada");
    assert!(one.channel::<tower_sse::Event>("news").is_ok());
    sleep(20.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}
