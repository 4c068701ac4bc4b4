//! Nodes that die.

use super::*;
use crate::support::{cut, heal, pause, plain, way_to};

#[tokio::test(start_paused = true)]
async fn the_names_of_a_dead_node_leave_after_the_lease_and_the_grace_time() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&store).await);
    let mut watching = watch(&other).await;
    let _ada = enter(&one, "ada").await;
    pause().await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
    cut(&way).await;
    drop(one);
    // 15 s since it was heard, and 4 s.
    sleep(18.9).await;
    assert_eq!(ready(&mut watching), [] as [&str; 0]);
    assert_eq!(names(&other), "ada");
    sleep(0.2).await;
    assert_eq!(ready(&mut watching), ["left ada"]);
    assert_eq!(names(&other), "");
}

#[tokio::test(start_paused = true)]
async fn a_node_with_names_of_its_own_notices_a_dead_node_too() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&store).await);
    let (_ada, _bob) = (enter(&one, "ada").await, enter(&other, "bob").await);
    pause().await;
    cut(&way).await;
    drop(one);
    sleep(18.9).await;
    assert_eq!(names(&other), "ada bob");
    sleep(0.2).await;
    assert_eq!(names(&other), "bob");
}

#[tokio::test(start_paused = true)]
async fn a_client_of_a_dead_node_that_is_back_elsewhere_has_not_left() {
    let store = plain();
    let way = way_to(&store);
    let (one, two, three) = (node(&way).await, node(&store).await, node(&store).await);
    let mut watching = watch(&three).await;
    let _before = enter(&one, "ada").await;
    pause().await;
    cut(&way).await;
    drop(one);
    sleep(18.0).await;
    let _after = enter(&two, "ada").await;
    sleep(60.0).await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_taken_for_dead_is_back_with_its_names() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&store).await);
    let mut watching = watch(&other).await;
    let _ada = enter(&one, "ada").await;
    pause().await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
    cut(&way).await;
    sleep(60.0).await;
    assert_eq!(ready(&mut watching), ["left ada"]);
    assert_eq!(names(&one), "ada");
    heal(&way);
    sleep(6.0).await;
    assert_eq!(ready(&mut watching), ["joined ada"]);
    sleep(60.0).await;
    assert_eq!(ready(&mut watching), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_lease_can_be_shorter() {
    let store = plain();
    let way = way_to(&store);
    let options = || presence_options().presence_lease(Duration::from_secs(3));
    let one = open_with(&way, options()).await;
    let other = open_with(&store, options()).await;
    names(&other);
    let _ada = enter(&one, "ada").await;
    sleep(60.0).await;
    assert_eq!(names(&other), "ada");
    cut(&way).await;
    drop(one);
    sleep(7.1).await;
    assert_eq!(names(&other), "");
}
