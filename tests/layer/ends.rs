//! How a stream ends whose time is over, by what its client makes of an end.

use std::time::Duration;

use futures::{StreamExt, stream};
use http::{Response, Version};
use http_body::Body;
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tokio::time::Instant;
use tower_sse::{
    CloseReason, Event, EventStream, FinalEvents, Lifetime, Retry, Shutdown, ShutdownPolicy,
    SseLayer, SseOptions, WireEnd,
};

use crate::{closing::Closes, support::*};

const RETRY: &str = "event: tower-sse.retry\nretry: 1000\ndata: \n\n";

fn shutdown() -> (Shutdown, SseLayer) {
    let shutdown = Shutdown::with_timer(TokioTimer::new());
    let how = ShutdownPolicy::default().retry(Retry::fixed(SECOND));
    let layer = bare().shutdown(&shutdown).shutdown_policy(how);
    (shutdown, layer)
}

/// Reads to the end: all data, and the reason if the body failed.
async fn read<B>(mut body: B) -> (String, Option<CloseReason>)
where
    B: Body<Data = bytes::Bytes, Error = tower_sse::Error> + Unpin,
{
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap(),
            Err(error) => return (text, Some(error.close_reason().unwrap())),
        }
    }
    (text, None)
}

#[tokio::test(start_paused = true)]
async fn breaks_a_stream_that_nobody_resumes_when_its_time_is_over() {
    let closes = Closes::default();
    let layer = closes.watch(bare().max_lifetime(Lifetime::new(SECOND)));
    let one_shot = [
        get().method("POST"),
        any(),
        any().header("accept", "*/*"),
        any().method("POST").header("accept", "text/event-stream"),
    ];
    for request in one_shot {
        let (feed, response) = adopted();
        let body = send(&layer, request, response).await.into_body();
        feed.data("data: half\n\n");
        let start = Instant::now();
        let expected = ("data: half\n\n".to_owned(), Some(CloseReason::Lifetime));
        assert_eq!(read(body).await, expected);
        assert_eq!(start.elapsed(), SECOND + SECOND / 10, "after a flush");
        let summary = closes.summaries().pop().unwrap();
        assert_eq!(summary.reason, CloseReason::Lifetime);
        assert_eq!(summary.wire, WireEnd::Broken);
        assert_eq!(summary.error, None);
    }
    for request in [get(), get().method("QUERY")] {
        let (_feed, response) = adopted();
        let body = send(&layer, request, response).await.into_body();
        assert_eq!(read(body).await, (String::new(), None));
        assert_eq!(closes.summaries().pop().unwrap().wire, WireEnd::Clean);
    }
}

#[tokio::test(start_paused = true)]
async fn lets_the_response_say_whether_it_is_resumable() {
    let layer = bare().max_lifetime(Lifetime::new(SECOND));
    for (request, resumable, broken) in [
        (get(), false, Some(CloseReason::Lifetime)),
        (any().method("POST"), true, None),
    ] {
        let (_feed, mut response) = adopted();
        let own = SseOptions::new().resumable(resumable);
        response.extensions_mut().insert(own);
        let body = send(&layer, request, response).await.into_body();
        assert_eq!(read(body).await, (String::new(), broken));
    }
}

#[tokio::test(start_paused = true)]
async fn gives_one_shot_streams_twenty_seconds_at_a_shutdown() {
    for finishes in [true, false] {
        let (shutdown, layer) = shutdown();
        let (feed, response) = adopted();
        let request = get().method("POST");
        let mut body = send(&layer, request, response).await.into_body();
        assert!(is_silent(&mut body));
        let start = Instant::now();
        shutdown.trigger();
        assert!(is_silent(&mut body));
        feed.data("data: on it goes\n\n");
        assert_eq!(next(&mut body).await.unwrap(), "data: on it goes\n\n");
        if finishes {
            drop(feed);
            assert_eq!(next(&mut body).await, None);
            continue;
        }
        let heartbeat = next(&mut body).await;
        assert_eq!(heartbeat.unwrap(), ":\n");
        let cut = (String::new(), Some(CloseReason::ShutDown));
        assert_eq!(read(body).await, cut);
        assert_eq!(start.elapsed(), 20 * SECOND + SECOND / 10);
    }
}

#[tokio::test(start_paused = true)]
async fn holds_every_kind_of_stream_to_the_grace_that_the_user_sets() {
    // The stream of a POST breaks, a flush later.
    for (request, tenths) in [(get(), 30), (get().method("POST"), 31)] {
        let (shutdown, layer) = shutdown();
        let layer = layer.shutdown_policy(ShutdownPolicy::grace(3 * SECOND).retry(Retry::off()));
        let (_feed, response) = adopted();
        let body = send(&layer, request, response).await.into_body();
        let start = Instant::now();
        shutdown.trigger();
        let (text, _) = read(body).await;
        assert_eq!(text, "");
        assert_eq!(start.elapsed(), tenths * SECOND / 10);
    }
}

#[tokio::test(start_paused = true)]
async fn ends_cleanly_after_the_final_event_of_the_reason() {
    let closes = Closes::default();
    let (shutdown, layer) = shutdown();
    let events = FinalEvents::any(Event::new("any")).lifetime(Event::new("too long"));
    let layer = closes.watch(layer.final_events(events));
    let layer = layer.max_lifetime(Lifetime::new(SECOND));
    let (_feed, response) = adopted();
    let body = send(&layer, get().method("POST"), response).await;
    let text = "data: too long\n\n".to_owned();
    assert_eq!(read(body.into_body()).await, (text, None));

    // The response's own come first, where it has one.
    let (_feed, mut response) = adopted();
    let own = FinalEvents::new().deadline(Event::new("expired"));
    let own = SseOptions::new().final_events(own).deadline(SECOND / 2);
    response.extensions_mut().insert(own);
    let body = send(&layer, get().method("POST"), response).await;
    let text = "data: expired\n\n".to_owned();
    assert_eq!(read(body.into_body()).await, (text, None));

    let (_feed, response) = adopted();
    let body = send(&layer, get(), response).await;
    shutdown.trigger();
    let text = format!("data: any\n\n{RETRY}");
    assert_eq!(read(body.into_body()).await, (text, None));
    let wire: Vec<_> = closes.summaries().iter().map(|it| it.wire).collect();
    assert_eq!(wire, [WireEnd::Clean; 3]);
}

#[tokio::test(start_paused = true)]
async fn says_when_to_come_back_only_to_readers_that_name_event_streams() {
    let last_text = async |request, resumable: bool, final_retry: Option<bool>| {
        let (shutdown, layer) = shutdown();
        let layer = layer.final_retry(final_retry.unwrap_or(true));
        let (_feed, mut response) = adopted();
        let own = SseOptions::new().resumable(resumable);
        response.extensions_mut().insert(own);
        let body = send(&layer, request, response).await.into_body();
        shutdown.trigger();
        read(body).await.0
    };
    assert_eq!(last_text(get(), true, None).await, RETRY);
    assert_eq!(last_text(get().method("QUERY"), true, None).await, RETRY);
    assert_eq!(last_text(get(), true, Some(false)).await, "");
    assert_eq!(last_text(any(), true, None).await, "");
    assert_eq!(last_text(get().method("POST"), true, None).await, "");
}

#[tokio::test(start_paused = true)]
async fn ends_one_response_without_a_final_retry() {
    let (shutdown, layer) = shutdown();
    let (_feed, mut response) = adopted();
    let own = SseOptions::new().final_retry(false);
    response.extensions_mut().insert(own);
    let body = send(&layer, get(), response).await.into_body();
    shutdown.trigger();
    assert_eq!(read(body).await, (String::new(), None));
}

#[tokio::test(start_paused = true)]
async fn passes_on_the_rest_of_an_event_before_it_ends() {
    for (first, second, rest) in [
        ("data: x", "y\n\ndata: never", "y\n\n"),
        ("data: x\n", "\ndata: never\n\n", "\n"),
        ("data: x\r\n\r\ndata", ": y\r\n\r\n", ": y\r\n\r\n"),
        ("data: x\r", "\n\r\ndata: never", "\n\r\n"),
    ] {
        let (shutdown, layer) = shutdown();
        let (feed, response) = adopted();
        let mut body = send(&layer, get(), response).await.into_body();
        feed.data(first);
        assert_eq!(next(&mut body).await.unwrap(), first);
        shutdown.trigger();
        assert!(is_silent(&mut body), "{first:?}");
        feed.data(second);
        assert_eq!(next(&mut body).await.unwrap(), rest);
        assert_eq!(read(body).await, (RETRY.to_owned(), None));
    }
}

#[tokio::test(start_paused = true)]
async fn breaks_a_stream_that_stays_within_an_event() {
    let closes = Closes::default();
    for (request, timeout, version, broken) in [
        (get(), None, Version::HTTP_11, true),
        (get(), Some(SECOND / 5), Version::HTTP_11, true),
        (get(), None, Version::HTTP_2, false),
        (get().method("POST"), None, Version::HTTP_2, true),
    ] {
        let layer = closes.watch(bare().max_lifetime(Lifetime::new(5 * SECOND)));
        let layer = match timeout {
            Some(timeout) => layer.boundary_timeout(timeout),
            None => layer,
        };
        let (feed, response) = adopted();
        let request = request.version(version);
        let body = send(&layer, request, response).await.into_body();
        feed.data("data: half");
        let start = Instant::now();
        let reason = broken.then_some(CloseReason::Lifetime);
        assert_eq!(read(body).await, ("data: half".to_owned(), reason));
        let flush = if broken { SECOND / 10 } else { Duration::ZERO };
        let limit = timeout.unwrap_or(SECOND);
        assert_eq!(start.elapsed(), 5 * SECOND + limit + flush);
        assert_eq!(closes.take(), [CloseReason::Lifetime]);
    }
}

#[tokio::test(start_paused = true)]
async fn ends_a_compressed_stream_without_a_word() {
    let layer = bare()
        .max_lifetime(Lifetime::new(SECOND))
        .final_events(FinalEvents::any(Event::new("never")));
    for (request, broken) in [
        (get(), None),
        (get().method("POST"), Some(CloseReason::Lifetime)),
    ] {
        let (feed, mut response) = adopted();
        let gzip = "gzip".parse().unwrap();
        response.headers_mut().insert("content-encoding", gzip);
        let body = send(&layer, request, response).await.into_body();
        feed.data("\u{1f}");
        assert_eq!(read(body).await, ("\u{1f}".to_owned(), broken));
    }
}

#[tokio::test(start_paused = true)]
async fn ends_a_failed_body_by_the_event_that_is_set_for_it() {
    let closes = Closes::default();
    let events = FinalEvents::new().failure(Event::new("failed"));
    let layer = closes.watch(bare().final_events(events));
    let (feed, response) = adopted();
    let body = send(&layer, get().method("POST"), response).await;
    feed.data("data: x\n\n");
    feed.fail("broken pipe");
    let text = "data: x\n\ndata: failed\n\n".to_owned();
    assert_eq!(read(body.into_body()).await, (text, None));
    let summary = closes.summaries().pop().unwrap();
    assert_eq!(summary.reason, CloseReason::Failed);
    assert_eq!(summary.wire, WireEnd::Clean);
    let error = "the response body failed: broken pipe";
    assert_eq!(summary.error.as_deref(), Some(error));

    // Within an event there is no place for it.
    let (feed, response) = adopted();
    let mut body = send(&layer, get(), response).await.into_body();
    feed.data("data: x");
    feed.fail("broken pipe");
    assert_eq!(next(&mut body).await.unwrap(), "data: x");
    assert!(body.frame().await.unwrap().is_err());
    assert_eq!(closes.summaries().pop().unwrap().wire, WireEnd::Broken);
}

#[tokio::test(start_paused = true)]
async fn ends_a_failed_stream_over_http_2_where_a_reset_may_go_unnoticed() {
    let closes = Closes::default();
    for (request, is_clean) in [(get(), true), (get().method("POST"), false)] {
        let (feed, response) = adopted();
        let layer = closes.watch(bare());
        let request = request.version(Version::HTTP_2);
        let mut body = send(&layer, request, response).await.into_body();
        feed.fail("broken");
        let end = body.frame().await;
        assert_eq!(end.is_none(), is_clean);
        let summary = closes.summaries().pop().unwrap();
        assert_eq!(summary.reason, CloseReason::Failed);
        assert_eq!(summary.wire == WireEnd::Clean, is_clean);
    }
}

#[tokio::test(start_paused = true)]
async fn distinguishes_a_failure_behind_an_error_event_from_a_completed_stream() {
    let closes = Closes::default();
    let items = [Ok(Event::new("x")), Err("no more")];
    let events = EventStream::new(stream::iter(items)).error_event(|_| Event::new("sorry"));
    let body = send(&closes.watch(bare()), get().method("POST"), events).await;
    let text = "data: x\n\ndata: sorry\n\n".to_owned();
    assert_eq!(read(body.into_body()).await, (text, None));
    let summary = closes.summaries().pop().unwrap();
    assert_eq!(summary.reason, CloseReason::Failed);
    assert_eq!(summary.wire, WireEnd::Clean);
    let error = "the stream of events failed: no more";
    assert_eq!(summary.error.as_deref(), Some(error));
}

fn panicking() -> EventStream<impl futures::Stream<Item = Event>> {
    let events = stream::iter([1, 2, 3]).map(|number| match number {
        3 => panic!("three"),
        number => Event::new(number.to_string()),
    });
    EventStream::new(events)
}

#[tokio::test(start_paused = true)]
async fn takes_a_panic_for_a_failure() {
    let closes = Closes::default();
    let layer = closes.watch(bare());
    let mut body = send(&layer, get(), panicking()).await.into_body();
    let start = Instant::now();
    assert_eq!(next(&mut body).await.unwrap(), "data: 1\n\ndata: 2\n\n");
    let error = body.frame().await.unwrap().unwrap_err();
    assert!(error.is_panic());
    assert_eq!(start.elapsed(), SECOND / 10, "what came before is flushed");
    assert!(body.frame().await.is_none());
    let summary = closes.summaries().pop().unwrap();
    assert_eq!(summary.reason, CloseReason::Failed);
    let error = "the stream of events panicked: three";
    assert_eq!(summary.error.as_deref(), Some(error));

    let events = panicking().error_event(|error| Event::new(error.into_inner().to_string()));
    let body = send(&layer, get(), events).await.into_body();
    let text = "data: 1\n\ndata: 2\n\ndata: three\n\n".to_owned();
    assert_eq!(read(body).await, (text, None));
}

#[tokio::test(start_paused = true)]
async fn takes_a_panic_of_an_adopted_body_for_a_failure() {
    let closes = Closes::default();
    let frames = stream::iter([1, 2]).map(|number| match number {
        1 => {
            Ok::<_, tower_sse::BoxError>(http_body::Frame::data(bytes::Bytes::from("data: 1\n\n")))
        }
        _ => panic!("two"),
    });
    let response = Response::builder()
        .header("content-type", "text/event-stream")
        .body(http_body_util::StreamBody::new(frames))
        .unwrap();
    let mut body = send(&closes.watch(bare()), get(), response)
        .await
        .into_body();
    assert_eq!(next(&mut body).await.unwrap(), "data: 1\n\n");
    assert!(body.frame().await.unwrap().unwrap_err().is_panic());
    assert_eq!(closes.take(), [CloseReason::Failed]);
}

#[tokio::test(start_paused = true)]
async fn admits_a_request_that_came_before_the_shutdown() {
    let (shutdown, layer) = shutdown();
    let closes = Closes::default();
    let trigger = shutdown.clone();
    let service = tower::service_fn(move |_: http::Request<()>| {
        let (feed, response) = adopted();
        let trigger = trigger.clone();
        async move {
            trigger.trigger();
            feed.data("data: an answer\n\n");
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let service = tower::Layer::layer(&closes.watch(layer), service);
    let response = call(service, get().method("POST")).await;
    assert_eq!(shutdown.open_stream_count(), 1);
    assert_eq!(text(response.into_body()).await, "data: an answer\n\n");
    assert_eq!(closes.take(), [CloseReason::Completed]);
}

#[tokio::test(start_paused = true)]
async fn keeps_listening_for_a_while_after_the_trigger() {
    let (shutdown, _) = shutdown();
    let mut listening = Box::pin(shutdown.triggered_for(5 * SECOND));
    assert!(futures::poll!(&mut listening).is_pending());
    tokio::time::advance(10 * SECOND).await;
    let start = Instant::now();
    shutdown.trigger();
    listening.await;
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn repeats_the_id_of_a_client_that_has_seen_nothing_since() {
    for (sent, id) in [("", "id: a-7\n"), ("data: x\n\n", "")] {
        let (shutdown, layer) = shutdown();
        let (feed, response) = adopted();
        let request = get().header("last-event-id", "a-7");
        let mut body = send(&layer, request, response).await.into_body();
        assert!(is_silent(&mut body));
        if !sent.is_empty() {
            feed.data(sent);
            assert_eq!(next(&mut body).await.unwrap(), sent);
        }
        shutdown.trigger();
        let last = format!("event: tower-sse.retry\n{id}retry: 1000\ndata: \n\n");
        assert_eq!(read(body).await, (last, None));

        let (_feed, response) = adopted();
        let request = get().header("last-event-id", "a-7");
        let rejected = send(&layer, request, response).await.into_body();
        let last = "event: tower-sse.retry\nid: a-7\nretry: 1000\ndata: \n\n";
        assert_eq!(read(rejected).await, (last.to_owned(), None));
    }
}

#[tokio::test(start_paused = true)]
async fn breaks_where_the_rest_of_the_last_chunk_is_left_out() {
    // It says that it is at its end as soon as its last chunk is out.
    let chunks = ["data: x", "y\n\ndata: more\n\n"].map(bytes::Bytes::from);
    let later = stream::iter(chunks).then(async |chunk| {
        tokio::time::sleep(SECOND).await;
        chunk
    });
    let body = Announcing(Box::pin(later), 2);
    let response = Response::builder().header("content-type", "text/event-stream");
    let layer = bare().max_lifetime(Lifetime::new(SECOND + SECOND / 2));
    let response = response.body(body).unwrap();
    let body = send(&layer, get().method("POST"), response).await;
    let cut = ("data: xy\n\n".to_owned(), Some(CloseReason::Lifetime));
    assert_eq!(read(body.into_body()).await, cut);
}

/// A body of so many chunks that knows when it is at its end.
struct Announcing<S>(std::pin::Pin<Box<S>>, usize);

impl<S: futures::Stream<Item = bytes::Bytes>> Body for Announcing<S> {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        let chunk = std::task::ready!(self.0.as_mut().poll_next(cx));
        self.1 -= usize::from(chunk.is_some());
        std::task::Poll::Ready(chunk.map(|chunk| Ok(http_body::Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.1 == 0
    }
}
