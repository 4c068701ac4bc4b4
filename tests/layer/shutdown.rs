use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, advance};
use tower_sse::{
    CloseReason, Event, FinalEvents, Heartbeat, RejectPolicy, Retry, Shutdown, ShutdownPolicy,
    SseLayer, SseOptions,
};

use crate::{closing::Closes, support::*};

fn shutdown() -> Shutdown {
    Shutdown::with_timer(TokioTimer::new())
}

/// What a reader gets last that names event streams.
const RETRY: &str = "event: tower-sse.retry\nretry: 1000\ndata: \n\n";

/// Ends streams with one `retry`, whatever is drawn otherwise.
fn end() -> ShutdownPolicy {
    ShutdownPolicy::immediate().retry(Retry::fixed(SECOND))
}

fn bare_with(shutdown: &Shutdown) -> SseLayer {
    bare().shutdown(shutdown).shutdown_policy(end())
}

#[tokio::test(start_paused = true)]
async fn ends_an_idle_stream_at_once() {
    let (shutdown, closes) = (shutdown(), Closes::default());
    let (feed, response) = adopted();
    let layer = closes.watch(bare_with(&shutdown));
    let mut body = send(&layer, get(), response).await.into_body();
    assert!(is_silent(&mut body));
    let start = Instant::now();
    let (frame, ()) = tokio::join!(next(&mut body), async { shutdown.trigger() });
    assert_eq!(frame.unwrap(), RETRY);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(closes.take(), [CloseReason::ShutDown]);
    assert!(http_body::Body::is_end_stream(&body));
    assert_eq!(next(&mut body).await, None);
    feed.data("data: never\n\n");
}

#[tokio::test(start_paused = true)]
async fn ends_a_busy_stream_at_its_next_poll() {
    let shutdown = shutdown();
    let (feed, response) = adopted();
    let mut body = send(&bare_with(&shutdown), get(), response)
        .await
        .into_body();
    feed.data("data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    feed.data("data: y\n\n");
    shutdown.trigger();
    assert_eq!(text(body).await, RETRY);
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_time_of_grace() {
    let shutdown = shutdown();
    let (feed, response) = adopted();
    let how = ShutdownPolicy::grace(3 * SECOND).retry(Retry::off());
    let layer = bare().shutdown(&shutdown).shutdown_policy(how);
    let mut body = send(&layer, get(), response).await.into_body();
    assert!(is_silent(&mut body));
    shutdown.trigger();
    let start = Instant::now();
    assert!(is_silent(&mut body));
    advance(SECOND).await;
    feed.data("data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    assert_eq!(next(&mut body).await, None);
    assert_eq!(start.elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn lets_a_stream_finish_that_is_to() {
    let (shutdown, closes) = (shutdown(), Closes::default());
    let (feed, mut response) = adopted();
    let own = SseOptions::new().shutdown_policy(ShutdownPolicy::drain());
    response.extensions_mut().insert(own);
    let layer = closes
        .watch(bare_with(&shutdown))
        .heartbeat(Heartbeat::off());
    let mut body = send(&layer, get(), response).await.into_body();
    shutdown.trigger();
    assert!(is_silent(&mut body));
    feed.data("data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    drop(feed);
    assert_eq!(next(&mut body).await, None);
    assert_eq!(closes.take(), [CloseReason::Completed]);
}

#[tokio::test(start_paused = true)]
async fn spreads_the_return_of_the_clients() {
    let shutdown = shutdown();
    let layer = bare().shutdown(&shutdown);
    let mut bodies = Vec::new();
    for _ in 0..50 {
        let (feed, response) = adopted();
        let mut body = send(&layer, get(), response).await.into_body();
        assert!(is_silent(&mut body));
        bodies.push((feed, body));
    }
    shutdown.trigger();
    let mut millis = std::collections::HashSet::new();
    for (_feed, body) in bodies {
        let last = text(body).await;
        let last = last.strip_prefix("event: tower-sse.retry\nretry: ");
        let last = last.unwrap().strip_suffix("\ndata: \n\n").unwrap();
        millis.insert(last.parse::<u32>().unwrap());
    }
    assert!(millis.iter().all(|millis| (2000..=10_000).contains(millis)));
    assert!(millis.len() > 40, "{millis:?}");
}

#[tokio::test(start_paused = true)]
async fn rejects_new_streams() {
    let shutdown = shutdown();
    shutdown.trigger();
    let (feed, response) = adopted();
    let response = send(&bare_with(&shutdown), get(), response).await;
    assert!(feed.is_dropped());
    assert_eq!(response.status(), 200);
    assert_eq!(text(response.into_body()).await, RETRY);

    let (_, response) = adopted();
    let response = send(&bare_with(&shutdown), get().method("POST"), response).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
}

#[tokio::test(start_paused = true)]
async fn rejects_new_streams_as_the_user_says() {
    let json = || http::HeaderValue::from_static("application/json");
    let restarting = r#"{"error":{"message":"restarting"}}"#;
    let empty_stream = RejectPolicy::empty_stream().body(json(), restarting);
    let status_only =
        RejectPolicy::with_status(http::StatusCode::BAD_GATEWAY).retry(Retry::fixed(7 * SECOND));
    let answer = async |how: ShutdownPolicy, request| {
        let shutdown = shutdown();
        shutdown.trigger();
        let layer = bare().shutdown(&shutdown).shutdown_policy(how);
        let (feed, response) = adopted();
        let (head, body) = send(&layer, request, response).await.into_parts();
        assert!(feed.is_dropped());
        let after = head.headers.get("retry-after");
        let after = after.map(|after| after.to_str().unwrap().parse::<u32>().unwrap());
        (head.status.as_u16(), after, text(body).await)
    };
    let post = || get().method("POST");

    let (status, after, body) =
        answer(ShutdownPolicy::new().reject(empty_stream.clone()), post()).await;
    assert_eq!((status, &*body), (503, restarting));
    assert!((2..=10).contains(&after.unwrap()), "{after:?}");
    let retry = ShutdownPolicy::new().retry(Retry::fixed(SECOND));
    let empty = answer(retry.clone().reject(empty_stream), get()).await;
    assert_eq!(empty, (200, None, RETRY.to_owned()));

    for request in [get(), post()] {
        let rejected = answer(ShutdownPolicy::new().reject(status_only.clone()), request).await;
        assert_eq!(rejected, (502, Some(7), String::new()));
    }
    let rejected = answer(retry.reject(status_only), get()).await;
    assert_eq!(rejected, (502, Some(1), String::new()));
}

#[tokio::test(start_paused = true)]
async fn gives_another_time_to_one_shot_streams_alone() {
    for (request, grace) in [(get(), Duration::ZERO), (get().method("POST"), 3 * SECOND)] {
        let shutdown = shutdown();
        let how = ShutdownPolicy::one_shot_grace(3 * SECOND);
        let layer = bare()
            .shutdown(&shutdown)
            .shutdown_policy(how)
            .final_events(FinalEvents::new().shutdown(Event::new("bye")))
            .final_retry(false);
        let (_feed, response) = adopted();
        let mut body = send(&layer, request, response).await.into_body();
        assert!(is_silent(&mut body));
        let start = Instant::now();
        shutdown.trigger();
        assert_eq!(text(body).await, "data: bye\n\n");
        assert_eq!(start.elapsed(), grace);
    }
}

#[tokio::test(start_paused = true)]
async fn counts_its_times_from_the_trigger() {
    let shutdown = shutdown();
    let closes = Closes::default();
    let how = ShutdownPolicy::grace(10 * SECOND);
    let layer = closes.watch(bare().shutdown(&shutdown).shutdown_policy(how));
    let (_feed, response) = adopted();
    let mut body = send(&layer, get(), response).await.into_body();
    let start = Instant::now();
    shutdown.trigger();
    // The client does not read for a while, and `main` does something else.
    advance(8 * SECOND).await;
    while next(&mut body).await.is_some() {}
    assert_eq!(start.elapsed(), 10 * SECOND);
    assert_eq!(closes.take(), [CloseReason::ShutDown]);
    assert_eq!(shutdown.deadline(15 * SECOND).await, 0);
    assert_eq!(start.elapsed(), 15 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn is_drained_when_the_end_has_been_reported() {
    let shutdown = shutdown();
    let (drained, reported) = (
        Box::pin(shutdown.drained()),
        Arc::new(AtomicBool::new(false)),
    );
    let (mut drained, report) = (drained, Arc::clone(&reported));
    let open = shutdown.clone();
    let layer = bare_with(&shutdown).on_close(move |_| {
        assert_eq!(
            open.open_stream_count(),
            1,
            "it is open until the end has been reported"
        );
        report.store(true, Ordering::Relaxed);
    });
    let (_feed, response) = adopted();
    let body = send(&layer, get(), response).await.into_body();
    shutdown.trigger();
    assert!((&mut drained).now_or_never().is_none());
    text(body).await;
    assert_eq!(drained.await, 1);
    assert!(reported.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn takes_from_the_layer_what_the_response_leaves_unset() {
    let shutdown = shutdown();
    let layer = bare()
        .shutdown(&shutdown)
        .shutdown_policy(end())
        .final_events(FinalEvents::new().shutdown(Event::new("bye")));
    let (_feed, mut response) = adopted();
    let own = SseOptions::new().shutdown_policy(ShutdownPolicy::grace(SECOND));
    response.extensions_mut().insert(own);
    let body = send(&layer, get(), response).await.into_body();
    shutdown.trigger();
    assert_eq!(text(body).await, format!("data: bye\n\n{RETRY}"));
}

#[tokio::test(start_paused = true)]
async fn reports_when_all_are_gone_and_how_many_are_left() {
    let shutdown = shutdown();
    let open = async || {
        let (feed, response) = adopted();
        let how = ShutdownPolicy::drain();
        let layer = bare().shutdown(&shutdown).shutdown_policy(how);
        (feed, send(&layer, get(), response).await.into_body())
    };
    let (drained, deadline) = (shutdown.drained(), shutdown.deadline(5 * SECOND));
    let (mut drained, mut deadline) = (Box::pin(drained), Box::pin(deadline));
    let (one, two) = (open().await, open().await);
    assert_eq!(shutdown.open_stream_count(), 2);
    assert!((&mut drained).now_or_never().is_none());
    assert!((&mut deadline).now_or_never().is_none());

    let start = Instant::now();
    shutdown.trigger();
    shutdown.trigger();
    drop(one);
    assert!((&mut drained).now_or_never().is_none());
    assert_eq!(deadline.await, 1);
    assert_eq!(start.elapsed(), 5 * SECOND);
    drop(two);
    assert_eq!(drained.await, 2);
    assert_eq!(shutdown.open_stream_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn is_drained_at_once_where_nothing_is_open() {
    let shutdown = shutdown();
    let mut drained = Box::pin(shutdown.drained());
    assert!((&mut drained).now_or_never().is_none());
    assert!(shutdown.triggered().now_or_never().is_none());
    shutdown.trigger();
    assert_eq!(drained.await, 0);
    shutdown.triggered().await;
    assert_eq!(shutdown.deadline(Duration::ZERO).await, 0);
}

#[tokio::test(start_paused = true)]
async fn wakes_the_task_that_polled_last() {
    let shutdown = shutdown();
    let (_feed, response) = adopted();
    let mut body = send(&bare_with(&shutdown), get(), response)
        .await
        .into_body();
    // A first poll with a waker that wakes nobody, then one from another task.
    assert!(is_silent(&mut body));
    let task = tokio::spawn(async move { next(&mut body).await });
    tokio::task::yield_now().await;
    shutdown.trigger();
    assert_eq!(task.await.unwrap().unwrap(), RETRY);
}
