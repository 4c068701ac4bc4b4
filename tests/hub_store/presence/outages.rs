//! Stores that are away.

use super::*;
use crate::{
    stores::FaultRates,
    support::{cut, heal, pause, plain, way_to},
};

#[tokio::test(start_paused = true)]
async fn nobody_leaves_while_the_store_is_away() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&way).await);
    let (_ada, _bob) = (enter(&one, "ada").await, enter(&other, "bob").await);
    let mut watching = watch(&other).await;
    pause().await;
    cut(&way).await;
    way.break_tails();
    let before = messages(&store).len();
    sleep(60.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("ada bob", "ada bob"));
    heal(&way);
    sleep(0.9).await;
    // A lease of each node, and nothing that has piled up.
    assert!(messages(&store).len() - before <= 4, "{}", kinds(&store));
    sleep(60.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("ada bob", "ada bob"));
    let mut got = ready(&mut watching);
    got.sort();
    assert_eq!(got, ["joined ada", "joined bob"]);
}

#[tokio::test(start_paused = true)]
async fn what_has_changed_meanwhile_is_known_when_the_store_is_back() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&way).await);
    let ada = enter(&one, "ada").await;
    names(&other);
    pause().await;
    cut(&way).await;
    drop(ada);
    let _bob = enter(&one, "bob").await;
    for number in 0..100 {
        drop(enter(&one, &format!("visitor {number}")).await);
        sleep(0.5).await;
    }
    assert_eq!(names(&other), "ada");
    sleep(10.0).await;
    heal(&way);
    sleep(5.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("bob", "bob"));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_in_an_outage_is_dead_some_time_after_it() {
    let store = plain();
    let (way, dying) = (way_to(&store), way_to(&store));
    let (one, other) = (node(&dying).await, node(&way).await);
    let _ada = enter(&one, "ada").await;
    names(&other);
    pause().await;
    cut(&way).await;
    cut(&dying).await;
    drop(one);
    sleep(60.0).await;
    assert_eq!(names(&other), "ada");
    heal(&way);
    // The hub is back after 5 s at most. Then come the lease and the grace time.
    sleep(18.9).await;
    assert_eq!(names(&other), "ada");
    sleep(8.2).await;
    assert_eq!(names(&other), "");
}

/// The tail is silent, and no call returns for some time.
#[tokio::test(start_paused = true)]
async fn nobody_leaves_while_the_store_does_not_answer() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&way).await);
    let (_ada, _bob) = (enter(&one, "ada").await, enter(&other, "bob").await);
    let mut watching = watch(&other).await;
    sleep(4.5).await;
    way.set_rates(FaultRates {
        delay: Duration::from_secs(3600),
        ..FaultRates::default()
    });
    sleep(40.0).await;
    heal(&way);
    way.break_tails();
    sleep(40.0).await;
    let mut got = ready(&mut watching);
    got.sort();
    assert_eq!(got, ["joined ada", "joined bob"]);
    assert_eq!((&*names(&one), &*names(&other)), ("ada bob", "ada bob"));
}

#[tokio::test(start_paused = true)]
async fn messages_are_stored_although_their_answers_are_lost() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&way).await, node(&store).await);
    names(&other);
    way.set_rates(FaultRates {
        lost_replies: 1000,
        ..FaultRates::default()
    });
    let ada = enter(&one, "ada").await;
    sleep(8.0).await;
    heal(&way);
    sleep(2.0).await;
    assert_eq!(names(&other), "ada");
    assert_eq!(kinds(&store).matches("changes").count(), 1);
    drop(ada);
    sleep(20.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}
