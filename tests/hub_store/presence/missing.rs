//! Messages that a node has missed.

use super::*;
use crate::{
    stores::Damage,
    support::{cut, heal, pause, plain, publish, way_to},
};

#[tokio::test(start_paused = true)]
async fn a_hole_of_the_tail_is_mended_by_the_next_lease() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&store).await, node(&way).await);
    let mut watching = watch(&other).await;
    let (ada, _bob) = (enter(&one, "ada").await, enter(&one, "bob").await);
    pause().await;
    assert_eq!(names(&other), "ada bob");
    assert_eq!(ready(&mut watching), ["joined ada", "joined bob"]);
    sleep(0.5).await;
    cut(&way).await;
    let _eve = enter(&one, "eve").await;
    drop(ada);
    sleep(4.1).await;
    publish(&one, "news", "after the hole").await;
    store.trim_tail(1);
    heal(&way);
    pause().await;
    assert_eq!(names(&one), "bob eve");
    sleep(6.0).await;
    assert_eq!(names(&other), "bob eve");
    assert_eq!(ready(&mut watching), ["left ada", "joined eve"]);
}

#[tokio::test(start_paused = true)]
async fn names_that_the_store_has_lost_are_sent_again() {
    let store = plain();
    let way = way_to(&store);
    let (one, other) = (node(&store).await, node(&way).await);
    names(&other);
    let mut ada = enter(&one, "ada").await;
    sleep(1.0).await;
    cut(&way).await;
    let saved = store.image();
    let mut bob = enter(&one, "bob").await;
    pause().await;
    store.restore(&saved);
    heal(&way);
    sleep(20.0).await;
    // Whether their streams go on is a matter of the loss.
    let open = [(&mut ada, "ada"), (&mut bob, "bob")].map(|(stream, name)| {
        ready(stream);
        stream.close_reason().is_none().then_some(name)
    });
    assert_eq!(open, [None, None], "a loss ends named streams");
    drop((ada, bob));
    sleep(20.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}

#[tokio::test(start_paused = true)]
async fn a_node_asks_only_when_names_are_missing() {
    let store = plain();
    let (one, other) = (node(&store).await, node(&store).await);
    names(&other);
    pause().await;
    let ada = enter(&one, "ada").await;
    sleep(12.0).await;
    let expected = "hello hello changes lease lease";
    assert_eq!(kinds(&store), expected);
    drop(ada);
    sleep(60.0).await;
    // The last lease says that there are no names.
    assert_eq!(kinds(&store), [expected, "lease changes lease"].join(" "));
}
