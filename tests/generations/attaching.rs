//! Who gets what: from the start, after an id, during the generation and after it.

use futures::stream;
use tower_sse::{Event, GenerationEnd, UnknownIdPolicy};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn all_listeners_get_the_whole_answer_whenever_they_attach() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    let mut first = started.generation.attach(None).unwrap();
    started.say(["one", "two"]).await;
    assert_eq!(
        read(&mut first).await.0,
        "data: one\nid: E-1\n\ndata: two\nid: E-2\n\n"
    );

    let mut second = generations.get(&"chat").unwrap().attach(None).unwrap();
    assert_eq!(
        read(&mut second).await.0,
        "data: one\nid: E-1\n\ndata: two\nid: E-2\n\n"
    );
    started.say(["three"]).await;
    let generation = started.complete().await;
    let rest = "data: three\nid: E-3\n\ndata: end: completed\nid: E-4\n\n";
    assert_eq!(read_all(first).await, rest);
    assert_eq!(read_all(second).await, rest);
    let third = read_all(generation.attach(None).unwrap()).await;
    assert_eq!(
        third,
        format!("data: one\nid: E-1\n\ndata: two\nid: E-2\n\n{rest}")
    );
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_without_a_listener_and_is_resumed_by_id() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    let first = started.generation.attach(None).unwrap();
    started.say(["one"]).await;
    drop(first);
    started.say(["two"]).await;
    let id = nth_id(&started.generation, 1).await;
    let mut resumed = started.generation.attach(Some(&id)).unwrap();
    assert_eq!(read(&mut resumed).await.0, "data: two\nid: E-2\n\n");
    started.say(["three"]).await;
    assert_eq!(read(&mut resumed).await.0, "data: three\nid: E-3\n\n");
}

#[tokio::test(start_paused = true)]
async fn an_ended_generation_is_attachable_while_it_lingers() {
    let generations = generations(options().linger(10 * SECOND));
    let started = start(&generations, "chat");
    started.say(["one", "two"]).await;
    let id = nth_id(&started.generation, 1).await;
    started.complete().await;

    tokio::time::advance(9 * SECOND).await;
    let generation = generations.get(&"chat").unwrap();
    assert_eq!(generation.end(), Some(GenerationEnd::Completed));
    let slow = generation.attach(Some(&id)).unwrap();
    assert_eq!(generations.len(), 1);
    tokio::time::advance(SECOND).await;
    assert!(generations.get(&"chat").is_none());
    assert!(generations.is_empty());
    let rest = "data: two\nid: E-2\n\ndata: end: completed\nid: E-3\n\n";
    assert_eq!(read_all(slow).await, rest);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_everything_is_told_so() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    started.say(["one"]).await;
    let last_so_far = nth_id(&started.generation, 1).await;
    assert!(
        started.generation.attach(Some(&last_so_far)).is_ok(),
        "it runs"
    );
    let generation = started.complete().await;
    assert!(
        generation.attach(Some(&last_so_far)).is_ok(),
        "there is a last event"
    );
    let last = nth_id(&generation, 2).await;
    assert_eq!(error(generation.attach(Some(&last))), "Complete");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_is_an_error_or_the_whole_answer_again() {
    let rejecting = generations(options());
    let replaying = generations(options().unknown_id_policy(UnknownIdPolicy::replay()));
    let other = start(&rejecting, "other");
    other.say(["one", "two"]).await;
    let of_another = nth_id(&other.generation, 1).await;
    // Of this generation, but of an event that is yet to come.
    for unknown in [of_another, last_event_id("7"), last_event_id("ümlaut")] {
        let started = start(&rejecting, "chat");
        started.say(["hello"]).await;
        assert_eq!(
            error(started.generation.attach(Some(&unknown))),
            "UnknownId"
        );
        started.complete().await;

        let started = start(&replaying, "chat");
        started.say(["hello"]).await;
        let mut stream = started.generation.attach(Some(&unknown)).unwrap();
        assert_eq!(read(&mut stream).await.0, "data: hello\nid: E-1\n\n");
        started.complete().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_key_is_not_started_again_and_an_ended_one_is() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    assert_eq!(error(try_start(&generations, "chat", named)), "Running");
    started.say(["old"]).await;
    let old_id = nth_id(&started.generation, 1).await;
    let mut old = started.complete().await.attach(None).unwrap();

    let next = start(&generations, "chat");
    next.say(["new"]).await;
    assert_eq!(generations.len(), 1);
    let current = generations.get(&"chat").unwrap();
    assert_eq!(error(current.attach(Some(&old_id))), "UnknownId");
    assert_eq!(
        read(&mut current.attach(None).unwrap()).await.0,
        "data: new\nid: E-1\n\n"
    );
    let whole = "data: old\nid: E-1\n\ndata: end: completed\nid: E-2\n\n";
    assert_eq!(read(&mut old).await.0, whole);
}

#[tokio::test(start_paused = true)]
async fn ids_of_the_user_are_replaced_and_comments_have_none() {
    let generations = generations(options());
    let events = [
        Event::new("one").id(7),
        Event::default().comment("two"),
        Event::new("three"),
    ];
    let (generation, driver) = generations
        .start("chat", stream::iter(events), |_| vec![])
        .unwrap();
    driver.await;
    let expected = "data: one\nid: E-1\n\n: two\n\ndata: three\nid: E-3\n\n";
    assert_eq!(read_all(generation.attach(None).unwrap()).await, expected);
}
