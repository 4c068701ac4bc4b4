//! Bounds in bytes and in number.

use std::num::NonZeroUsize;

use futures::StreamExt;
use tower_sse::{GenerationEnd, GenerationError, OverflowPolicy};

use crate::support::*;

/// The length of `data: one\n\n`.
const LEN: usize = 11;

#[tokio::test(start_paused = true)]
async fn it_ends_before_the_event_that_does_not_fit() {
    let generations = generations(options().max_bytes(2 * LEN));
    let started = start(&generations, "chat");
    let listener = started.generation.attach(None).unwrap();
    started.say(["one", "two"]).await;
    assert_eq!(started.generation.end(), None);
    started.say(["six"]).await;
    assert_eq!(started.driver.await.unwrap(), GenerationEnd::TooLarge);
    let whole = "data: one\nid: E-1\n\ndata: two\nid: E-2\n\ndata: end: too_large\nid: E-3\n\n";
    assert_eq!(read_all(listener).await, whole);
    assert_eq!(
        read_all(started.generation.attach(None).unwrap()).await,
        whole
    );
}

#[tokio::test(start_paused = true)]
async fn evicting_goes_on_and_says_so_to_clients_that_are_behind() {
    // Room for two events with their ids: `id: k3Zp9A-1\n` and the like.
    let options = options()
        .overflow_policy(OverflowPolicy::evict())
        .max_bytes(2 * (LEN + 16));
    let generations = generations(options);
    let started = start(&generations, "chat");
    let (mut slow, mut quick) = (
        started.generation.attach(None).unwrap(),
        started.generation.attach(None).unwrap(),
    );
    started.say(["one"]).await;
    let first = nth_id(&started.generation, 1).await;
    assert_eq!(read(&mut quick).await.0, "data: one\nid: E-1\n\n");
    started.say(["two", "six"]).await;

    assert_eq!(
        read(&mut quick).await.0,
        "data: two\nid: E-2\n\ndata: six\nid: E-3\n\n"
    );
    assert_eq!(
        read(&mut slow).await,
        (String::new(), Some(GenerationError::Evicted))
    );
    assert!(slow.next().await.is_none());
    assert_eq!(error(started.generation.attach(None)), "Evicted");
    let mut resumed = started.generation.attach(Some(&first)).unwrap();
    assert_eq!(
        read(&mut resumed).await.0,
        "data: two\nid: E-2\n\ndata: six\nid: E-3\n\n"
    );
    started.say(["ten"]).await;
    assert_eq!(error(started.generation.attach(Some(&first))), "Evicted");
}

#[tokio::test(start_paused = true)]
async fn one_event_beyond_the_bound_is_an_end_with_any_policy() {
    for policy in [OverflowPolicy::end(), OverflowPolicy::evict()] {
        let generations = generations(options().overflow_policy(policy).max_bytes(64));
        let started = start(&generations, "chat");
        let listener = started.generation.attach(None).unwrap();
        started
            .say(["0123456789012345678901234567890123456789012345678901234567890123456789"])
            .await;
        assert_eq!(started.driver.await.unwrap(), GenerationEnd::TooLarge);
        assert_eq!(
            read_all(listener).await,
            "data: end: too_large\nid: E-1\n\n"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_one_replaces_the_one_that_ended_first() {
    let generations = generations(options().max_generations(NonZeroUsize::new(3).unwrap()));
    let [a, b, _c] = ["a", "b", "c"].map(|key| start(&generations, key));
    assert_eq!(
        error(try_start(&generations, "d", named)),
        "TooMany { max: 3 }"
    );
    b.complete().await;
    a.complete().await;
    let _d = start(&generations, "d");
    let has = |key| generations.get(&key).is_some();
    assert_eq!(["a", "b", "c", "d"].map(has), [true, false, true, true]);
    // A key that comes again takes its own place.
    let _a = start(&generations, "a");
    assert_eq!(
        error(try_start(&generations, "b", named)),
        "TooMany { max: 3 }"
    );
}

#[tokio::test(start_paused = true)]
async fn many_events_are_bounded_in_bytes_alone() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    for _ in 0..300 {
        started.say(["one"; 10]).await;
    }
    let events = started.complete().await.attach(None).unwrap();
    assert_eq!(events.count().await, 3001);
}
