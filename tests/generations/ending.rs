//! How generations end, and what their listeners get then.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use futures::{StreamExt, stream};
use tower_sse::{BoxError, EncodeEvent, Encoder, Event, GenerationEnd, GenerationError};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_stop_drops_the_stream_of_the_model_at_once() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    let mut listener = started.generation.attach(None).unwrap();
    started.say(["one"]).await;
    generations.get(&"chat").unwrap().stop();
    assert_eq!(started.driver.await.unwrap(), GenerationEnd::Stopped);
    assert!(started.model.is_closed());
    let expected = "data: one\nid: E-1\n\ndata: end: stopped\nid: E-2\n\n";
    assert_eq!(read(&mut listener).await, (expected.to_owned(), None));
    assert_eq!(started.generation.end(), Some(GenerationEnd::Stopped));
    started.generation.stop();
    assert_eq!(started.generation.end(), Some(GenerationEnd::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_first_poll_polls_nothing() {
    let generations = generations(options());
    let never = stream::poll_fn::<Event, _>(|_| panic!("it is polled"));
    let (generation, driver) = generations.start("chat", never, named).unwrap();
    generation.stop();
    assert_eq!(driver.await, GenerationEnd::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_always_has_more_can_be_stopped() {
    let generations = generations(options().max_bytes(usize::MAX));
    let endless = stream::repeat_with(|| Event::new("x"));
    let (generation, driver) = generations.start("chat", endless, named).unwrap();
    let driver = tokio::spawn(driver);
    tokio::task::yield_now().await;
    generation.stop();
    assert_eq!(driver.await.unwrap(), GenerationEnd::Stopped);
}

#[tokio::test(start_paused = true)]
async fn errors_and_panics_of_the_model_are_ends() {
    let generations = generations(options());
    for item in [Err("no more tokens".into()), Ok(None)] {
        let started = start(&generations, "chat");
        let listener = started.generation.attach(None).unwrap();
        started.say(["one"]).await;
        started.model.send(item).unwrap();
        assert_eq!(started.driver.await.unwrap(), GenerationEnd::Failed);
        assert!(started.model.is_closed());
        let expected = "data: one\nid: E-1\n\ndata: end: failed\nid: E-2\n\n";
        assert_eq!(read_all(listener).await, expected);
    }
}

struct Broken;

impl EncodeEvent for Broken {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.data("half");
        Err("it has no form".into())
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_encoded_is_an_end() {
    let generations = generations(options());
    let events = stream::iter([Broken]).chain(stream::pending());
    let (generation, driver) = generations.start("chat", events, named).unwrap();
    assert_eq!(driver.await, GenerationEnd::Failed);
    let got = read_all(generation.attach(None).unwrap()).await;
    assert_eq!(got, "data: end: failed\nid: E-1\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_is_dropped_is_a_failure() {
    let generations = generations(options());
    // Before its first poll.
    let (generation, driver) = generations
        .start("a", stream::pending::<Event>(), named)
        .unwrap();
    drop(driver);
    assert_eq!(generation.end(), Some(GenerationEnd::Failed));
    // And later.
    let started = start(&generations, "b");
    let listener = started.generation.attach(None).unwrap();
    started.say(["one"]).await;
    started.driver.abort();
    let expected = "data: one\nid: E-1\n\ndata: end: failed\nid: E-2\n\n";
    assert_eq!(read_all(listener).await, expected);
    assert!(try_start(&generations, "b", named).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_early_end_without_last_events_breaks_the_streams() {
    let generations = generations(options());
    for end in [GenerationEnd::Stopped, GenerationEnd::Failed] {
        let started = try_start(&generations, "chat", |_| vec![]).unwrap();
        let mut listener = started.generation.attach(None).unwrap();
        started.say(["one"]).await;
        match end {
            GenerationEnd::Stopped => started.generation.stop(),
            _ => started.model.send(Err("no more tokens".into())).unwrap(),
        }
        let expected = (
            "data: one\nid: E-1\n\n".to_owned(),
            Some(GenerationError::Ended(end)),
        );
        assert_eq!(read(&mut listener).await, expected);
        assert!(listener.next().await.is_none());
        // A client that has everything so far does not have the whole answer.
        let id = nth_id(&started.generation, 1).await;
        let mut late = started.generation.attach(Some(&id)).unwrap();
        assert_eq!(read(&mut late).await.1, Some(GenerationError::Ended(end)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_complete_answer_needs_no_last_events() {
    let generations = generations(options());
    let started = try_start(&generations, "chat", |_| vec![]).unwrap();
    started.say(["one"]).await;
    let generation = started.complete().await;
    let all = read_all(generation.attach(None).unwrap()).await;
    assert_eq!(all, "data: one\nid: E-1\n\n");
    let id = nth_id(&generation, 1).await;
    assert_eq!(error(generation.attach(Some(&id))), "Complete");
}

#[tokio::test(start_paused = true)]
async fn last_events_that_panic_are_none() {
    let generations = generations(options());
    let started = try_start(&generations, "chat", |_| panic!("no last words")).unwrap();
    let mut listener = started.generation.attach(None).unwrap();
    started.generation.stop();
    assert_eq!(started.driver.await.unwrap(), GenerationEnd::Stopped);
    let error = GenerationError::Ended(GenerationEnd::Stopped);
    assert_eq!(read(&mut listener).await, (String::new(), Some(error)));
}

#[tokio::test(start_paused = true)]
async fn the_stream_of_the_model_is_dropped_before_the_last_events() {
    struct Count(Arc<AtomicU32>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let drops = Arc::new(AtomicU32::new(0));
    let (held, seen) = (Count(Arc::clone(&drops)), Arc::clone(&drops));
    let events = stream::once(async move {
        let _held = held;
        pending::<Event>().await
    });
    let last_events = move |_| vec![Event::new(seen.load(Relaxed).to_string())];
    let (generation, driver) = generations(options())
        .start("chat", events, last_events)
        .unwrap();
    let driver = tokio::spawn(driver);
    settle().await;
    generation.stop();
    driver.await.unwrap();
    let got = read_all(generation.attach(None).unwrap()).await;
    assert_eq!(got, "data: 1\nid: E-1\n\n");
}
