//! Generations in event streams, within the layer.

use std::convert::Infallible;

use futures::StreamExt;
use http::{Request, header};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    CloseReason, Error, EventStream, Generation, OverflowPolicy, Preamble, Shutdown,
    ShutdownPolicy, SseBody, SseLayer,
};

use crate::support::*;

type Body = SseBody<EventStream<tower_sse::GenerationStream>>;

/// Attaches a browser, whose requests are those of clients that resume.
async fn attach(layer: SseLayer, generation: &Generation) -> Body {
    let service = service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(EventStream::new(generation.attach(None).unwrap()))
    });
    let request = Request::get("/").header(header::ACCEPT, "text/event-stream");
    let response = layer
        .layer(service)
        .oneshot(request.body(()).unwrap())
        .await;
    response.unwrap().into_body()
}

/// Reads until the end. The bytes have no epoch.
async fn read(mut body: Body) -> (String, Result<(), Error>) {
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let bytes = frame.into_data().unwrap();
                text.push_str(std::str::from_utf8(&bytes).unwrap());
            }
            Err(error) => return (hide_epoch(&text), Err(error)),
        }
    }
    (hide_epoch(&text), Ok(()))
}

fn layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new()).preamble(Preamble::off())
}

#[tokio::test(start_paused = true)]
async fn there_is_nothing_in_the_stream_but_the_events() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    // A channel would send a checkpoint here.
    let body = attach(layer(), &started.generation).await;
    let reader = tokio::spawn(read(body));
    started.say(["one"]).await;
    started.complete().await;
    let (text, end) = reader.await.unwrap();
    assert_eq!(
        text,
        "data: one\nid: E-1\n\ndata: end: completed\nid: E-2\n\n"
    );
    end.unwrap();
}

#[tokio::test(start_paused = true)]
async fn at_a_shutdown_it_gets_its_grace_time() {
    let (generations, shutdown) = (generations(options()), Shutdown::new());
    let started = start(&generations, "chat");
    let body = attach(layer().shutdown(&shutdown), &started.generation).await;
    let reader = tokio::spawn(read(body));
    started.say(["one"]).await;
    shutdown.trigger();
    sleep(19 * SECOND).await;
    started.say(["two"]).await;
    started.complete().await;
    let (text, end) = reader.await.unwrap();
    let events = "data: one\nid: E-1\n\ndata: two\nid: E-2\n\ndata: end: completed\nid: E-3\n\n";
    assert_eq!(text.replace(":\n", ""), events);
    end.unwrap();
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_time_it_breaks() {
    for policy in [ShutdownPolicy::new(), ShutdownPolicy::immediate()] {
        let (generations, shutdown) = (generations(options()), Shutdown::new());
        let started = start(&generations, "chat");
        let layer = layer().shutdown(&shutdown).shutdown_policy(policy);
        let body = attach(layer, &started.generation).await;
        let reader = tokio::spawn(read(body));
        started.say(["one"]).await;
        shutdown.trigger();
        sleep(21 * SECOND).await;
        let (text, end) = reader.await.unwrap();
        assert!(text.starts_with("data: one\nid: E-1\n\n"), "{text}");
        assert_eq!(end.unwrap_err().close_reason(), Some(CloseReason::ShutDown));
        assert_eq!(started.generation.end(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_leaves_no_ended_stream_open() {
    let (generations, shutdown) = (generations(options()), Shutdown::new());
    let started = start(&generations, "chat");
    let body = attach(layer().shutdown(&shutdown), &started.generation).await;
    let reader = tokio::spawn(read(body));
    started.complete().await;
    reader.await.unwrap().1.unwrap();
    assert_eq!(shutdown.open_stream_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_early_end_without_last_events_is_a_failed_body() {
    let generations = generations(options());
    let started = try_start(&generations, "chat", |_| vec![]).unwrap();
    let reader = tokio::spawn(read(attach(layer(), &started.generation).await));
    started.say(["one"]).await;
    started.generation.stop();
    let (text, end) = reader.await.unwrap();
    assert_eq!(text, "data: one\nid: E-1\n\n");
    let error = end.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the generation has ended early: stopped");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_polls_it_beside_others_is_one_shot_too() {
    let (generations, shutdown) = (generations(options()), Shutdown::new());
    let started = start(&generations, "chat");
    let generation = started.generation.clone();
    let service = service_fn(async |_: Request<()>| {
        let events = generation
            .attach(None)
            .unwrap()
            .chunks(1)
            .flat_map(futures::stream::iter);
        Ok::<_, Infallible>(EventStream::new(events))
    });
    let request = Request::get("/").header(header::ACCEPT, "text/event-stream");
    let layer = layer().shutdown(&shutdown);
    let response = layer
        .layer(service)
        .oneshot(request.body(()).unwrap())
        .await
        .unwrap();
    started.say(["one"]).await;
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    shutdown.trigger();
    started.say(["two"]).await;
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(frame.starts_with(b"data: two\n"), "{frame:?}");
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_is_too_slow_does_not_end_cleanly() {
    // Room for one event with its id.
    let options = options()
        .overflow_policy(OverflowPolicy::evict())
        .max_bytes(30);
    let generations = generations(options);
    let started = start(&generations, "chat");
    let body = attach(layer(), &started.generation).await;
    started.say(["one", "two"]).await;
    let (text, end) = read(body).await;
    assert_eq!(text, "");
    let error = end.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the next event of the generation was evicted");
}
