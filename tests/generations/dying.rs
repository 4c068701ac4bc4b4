//! Generations whose node dies, or is taken for dead.

use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::{Instant, sleep};
use tower_sse::{Event, GenerationEnd, GenerationError, store::MemoryStore};

use crate::{
    nodes::{self, attach, end, node, read, say, start},
    support::{SECOND, error, last_event_id, named, settle},
    way::Way,
};

/// Returns a store, and the way of one node to it, which can be cut.
fn store() -> (MemoryStore, Way) {
    let store = nodes::store();
    let way = Way::to(&store);
    (store, way)
}

#[tokio::test(start_paused = true)]
async fn listeners_of_a_killed_node_get_an_end_after_the_lease() {
    let (store, way) = store();
    let (dying, one, other) = (node(&way).await, node(&store).await, node(&store).await);
    let (model, _driver) = start(&dying, "chat").await;
    say(&model, &["half"]);
    let mut streams = [
        attach(&one, "chat").await,
        attach(&one, "chat").await,
        attach(&other, "chat").await,
    ];
    let mut ids = Vec::new();
    for stream in &mut streams {
        let (data, id) = read(stream, 1).await;
        assert_eq!(data, ["half"]);
        ids = id;
    }
    sleep(30 * SECOND).await;
    way.cut();
    let killed = Instant::now();
    for stream in &mut streams {
        assert_eq!(read(stream, 1).await.0, ["end: failed"]);
        assert_eq!(end(stream).await, None);
    }
    // A lease is renewed every 5 s.
    let after = killed.elapsed();
    assert!(after > 9 * SECOND && after < 16 * SECOND, "{after:?}");
    for node in [&one, &other] {
        let generation = node.get("chat").await.unwrap().unwrap();
        assert_eq!(generation.end().await.unwrap(), Some(GenerationEnd::Failed));
        // A client that was away resumes to the same end.
        let half = last_event_id(&ids[0]);
        let mut resumed = generation.attach(Some(&half)).await.unwrap();
        let (data, last) = read(&mut resumed, 1).await;
        assert_eq!(data, ["end: failed"]);
        assert_eq!(end(&mut resumed).await, None);
        let last = last_event_id(&last[0]);
        assert_eq!(error(generation.attach(Some(&last)).await), "Complete");
    }
    let (model, driver) = start(&other, "chat").await;
    drop(model);
    assert_eq!(driver.await.unwrap(), GenerationEnd::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_after_the_death_does_not_hang() {
    let (store, way) = store();
    let dying = node(&way).await;
    let (model, _driver) = start(&dying, "chat").await;
    say(&model, &["half"]);
    settle().await;
    sleep(SECOND).await;
    way.cut();
    sleep(100 * SECOND).await;
    // A node that was opened later has never heard of the dead one.
    let late = node(&store).await;
    let never = stream::pending::<Event>();
    assert_eq!(error(late.start("chat", never, named).await), "Running");
    let begun = Instant::now();
    let mut stream = attach(&late, "chat").await;
    assert_eq!(read(&mut stream, 2).await.0, ["half", "end: failed"]);
    assert_eq!(end(&mut stream).await, None);
    assert!(begun.elapsed() < 16 * SECOND, "{:?}", begun.elapsed());
    start(&late, "chat").await;
}

#[tokio::test(start_paused = true)]
async fn without_last_events_the_streams_break() {
    let (store, way) = store();
    let (dying, other) = (node(&way).await, node(&store).await);
    let words = stream::iter(["half"]).chain(stream::pending());
    let (_, driver) = dying.start("chat", words, |_| vec![]).await.unwrap();
    tokio::spawn(driver);
    let mut stream = attach(&other, "chat").await;
    read(&mut stream, 1).await;
    way.cut();
    let failed = GenerationError::Ended(GenerationEnd::Failed);
    assert_eq!(end(&mut stream).await, Some(failed.clone()));
    let generation = other.get("chat").await.unwrap().unwrap();
    let mut late = generation.attach(None).await.unwrap();
    assert_eq!(read(&mut late, 1).await.0, ["half"]);
    assert_eq!(end(&mut late).await, Some(failed));
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_is_dropped_is_an_end_at_once() {
    let (store, _) = store();
    let (here, there) = (node(&store).await, node(&store).await);
    let (model, driver) = start(&here, "chat").await;
    say(&model, &["half"]);
    let mut stream = attach(&there, "chat").await;
    read(&mut stream, 1).await;
    let before = Instant::now();
    driver.abort();
    assert_eq!(read(&mut stream, 1).await.0, ["end: failed"]);
    assert!(before.elapsed() < SECOND, "{:?}", before.elapsed());
    assert_eq!(end(&mut stream).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_taken_for_dead_ends_its_generation() {
    let (store, way) = store();
    let (cut_off, other) = (node(&way).await, node(&store).await);
    let (model, driver) = start(&cut_off, "chat").await;
    say(&model, &["half"]);
    let (mut here, mut there) = (attach(&cut_off, "chat").await, attach(&other, "chat").await);
    read(&mut here, 1).await;
    read(&mut there, 1).await;
    way.cut();
    assert_eq!(read(&mut there, 1).await.0, ["end: failed"]);
    way.heal();
    assert_eq!(read(&mut here, 1).await.0, ["end: failed"]);
    assert_eq!(driver.await.unwrap(), GenerationEnd::Failed);
    assert!(model.is_closed());
    assert_eq!((end(&mut here).await, end(&mut there).await), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_of_the_store_ends_nothing() {
    let (store, way) = store();
    let (here, there) = (node(&way).await, node(&store).await);
    let (model, driver) = start(&here, "chat").await;
    let mut stream = attach(&there, "chat").await;
    sleep(20 * SECOND).await;
    way.cut();
    say(&model, &["during"]);
    sleep(Duration::from_secs(4)).await;
    way.heal();
    say(&model, &["after"]);
    assert_eq!(read(&mut stream, 2).await.0, ["during", "after"]);
    drop(model);
    assert_eq!(driver.await.unwrap(), GenerationEnd::Completed);
    assert_eq!(read(&mut stream, 1).await.0, ["end: completed"]);
}
