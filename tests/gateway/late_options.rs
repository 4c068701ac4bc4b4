//! What the head of a late stream says takes effect, though another head was sent for it.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, stream};
use http::{Request, Response, header};
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceBuilder, service_fn};
use tower_sse::{
    BoxEventStream, CloseReason, EarlyHeadLayer, Event, EventStream, FinalEvents, Heartbeat,
    Lifetime, OpenStreams, Preamble, Retry, RevokePolicy, Shutdown, SseLayer, SseOptions,
};

use crate::{bodies::*, closes::Closes};

fn early() -> EarlyHeadLayer {
    EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO)
}

fn ask() -> http::request::Builder {
    post().header(header::ACCEPT, "text/event-stream")
}

/// A stream of two events, the second after ten minutes, with options.
fn answer(options: SseOptions) -> Response<BoxEventStream> {
    let second = stream::once(async {
        sleep(600 * SECOND).await;
        "two"
    });
    let events = stream::iter(["one"]).chain(second.boxed());
    let mut response = Response::from(EventStream::new(events).into_boxed());
    response.extensions_mut().insert(options);
    response
}

/// Returns the body of an answer with these options that comes after a second.
async fn send_late(
    layer: SseLayer,
    options: SseOptions,
) -> impl http_body::Body<Data = bytes::Bytes, Error = tower_sse::Error> + Unpin {
    let service = service_fn(move |_: Request<()>| {
        let options = options.clone();
        async move {
            sleep(SECOND).await;
            Ok::<_, Infallible>(answer(options))
        }
    });
    let response = call(layer.layer(early().layer(service)), ask()).await;
    Box::pin(response.into_body())
}

#[tokio::test(start_paused = true)]
async fn heartbeats_change() {
    let start = Instant::now();
    let options = SseOptions::new().heartbeat(Heartbeat::every(7 * SECOND).comment("late"));
    let mut body = send_late(bare().heartbeat(Heartbeat::every(SECOND / 2)), options).await;
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: one\n\n");
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(next(&mut body).await.unwrap(), ": late\n");
    assert_eq!(start.elapsed(), 8 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_change_at_once_in_a_stream_that_is_silent() {
    let start = Instant::now();
    let service = service_fn(async |_: Request<()>| {
        sleep(SECOND).await;
        let never = EventStream::new(stream::pending::<Event>());
        let mut response = Response::from(never);
        let often = SseOptions::new().heartbeat(Heartbeat::every(7 * SECOND));
        response.extensions_mut().insert(often);
        Ok::<_, Infallible>(response)
    });
    let layer = bare().heartbeat(Heartbeat::every(60 * SECOND));
    let response = call(layer.layer(early().layer(service)), ask()).await;
    let mut body = Box::pin(response.into_body());
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(start.elapsed(), 8 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_out_once_more() {
    let layer = || SseLayer::with_timer(TokioTimer::new()).retry(Retry::fixed(SECOND));
    for (options, expected) in [
        (SseOptions::new(), "data: one\n\n"),
        (
            SseOptions::new().retry(Retry::fixed(9 * SECOND)),
            "retry: 9000\n",
        ),
        (
            SseOptions::new()
                .retry(Retry::fixed(9 * SECOND))
                .preamble(Preamble::off()),
            "data: one\n\n",
        ),
    ] {
        let mut body = send_late(layer(), options).await;
        assert_eq!(next(&mut body).await.unwrap(), "retry: 1000\n");
        assert_eq!(next(&mut body).await.unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn ends_change() {
    let cut = FinalEvents::any(Event::new("cut"));
    let deadline = SseOptions::new().deadline(30 * SECOND);
    let lifetime = SseOptions::new().max_lifetime(Lifetime::new(30 * SECOND));
    // A deadline counts from the answer, a lifetime from the head.
    for (options, end) in [(deadline, 31 * SECOND), (lifetime, 30 * SECOND)] {
        let start = Instant::now();
        let body = send_late(bare(), options.final_events(cut.clone())).await;
        assert_eq!(text(body).await, "data: one\n\ndata: cut\n\n");
        assert_eq!(start.elapsed(), end);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_becomes_resumable_even_after_a_shutdown_has_begun() {
    for is_early in [true, false] {
        let shutdown = Shutdown::with_timer(TokioTimer::new());
        let options = SseOptions::new().resumable(true);
        let start = Instant::now();
        let mut body = send_late(bare().shutdown(&shutdown), options).await;
        assert!(is_silent(&mut body));
        if is_early {
            shutdown.trigger();
            assert!(is_silent(&mut body), "a one-shot stream has 20 seconds");
        } else {
            assert_eq!(next(&mut body).await.unwrap(), "data: one\n\n");
            shutdown.trigger();
        }
        outcome(body).await;
        assert_eq!(start.elapsed(), SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn the_summary_has_events_labels_tags_and_data() {
    let closes = Closes::default();
    let opened = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&opened);
    let layer = closes
        .watch(bare())
        .label("side", |_| Some("layer".to_owned()))
        .on_open(move |info| *seen.lock().unwrap() = Some(info.labels.to_string()));
    let options = SseOptions::new()
        .label("model", "small")
        .tag("user", "ada")
        .data(Arc::new(7_u32));
    let body = send_late(layer, options).await;
    assert_eq!(text(body).await, "data: one\n\ndata: two\n\n");
    let summary = closes.take();
    assert_eq!(summary.reason, CloseReason::Completed);
    assert_eq!(summary.events, Some(2));
    assert_eq!(summary.labels.to_string(), "side=layer,model=small");
    assert_eq!(summary.tags.to_string(), "user=ada");
    assert_eq!(summary.data.get::<u32>(), Some(&7));
    assert_eq!(opened.lock().unwrap().as_deref(), Some("side=layer"));
}

#[tokio::test(start_paused = true)]
async fn the_list_of_open_streams_finds_it_by_its_tag() {
    let streams = OpenStreams::new();
    let options = SseOptions::new().tag("user", "ada").resumable(true);
    let mut body = send_late(bare().open_streams(&streams), options).await;
    assert!(is_silent(&mut body));
    let by_tag = |stream: &tower_sse::OpenStream| stream.tags.get("user") == Some("ada");
    assert_eq!(
        streams
            .list()
            .iter()
            .filter(|stream| by_tag(stream))
            .count(),
        0
    );
    assert_eq!(next(&mut body).await.unwrap(), "data: one\n\n");
    let list = streams.list();
    assert_eq!(list.len(), 1);
    assert!(by_tag(&list[0]));
    assert_eq!(list[0].events, Some(1));
    assert_eq!(streams.revoke(RevokePolicy::reconnect(), by_tag), 1);
    assert_eq!(text(body).await, "");
    assert_eq!(streams.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_layer_inside_leaves_the_stream_to_the_one_outside() {
    let (outside, inside) = (Closes::default(), Closes::default());
    let opened = Arc::new(Mutex::new(0));
    let count = Arc::clone(&opened);
    let outer = outside
        .watch(SseLayer::with_timer(TokioTimer::new()))
        .retry(Retry::fixed(SECOND))
        .heartbeat(Heartbeat::every(400 * SECOND).comment("outer"));
    let inner = inside
        .watch(SseLayer::with_timer(TokioTimer::new()))
        .heartbeat(Heartbeat::every(500 * SECOND).comment("inner"))
        .label("side", |_| Some("inner".to_owned()))
        .on_open(move |_| *count.lock().unwrap() += 1);
    let service = ServiceBuilder::new()
        .layer(outer)
        .layer(early())
        .layer(inner)
        .service(service_fn(async |_: Request<()>| {
            sleep(SECOND).await;
            Ok::<_, Infallible>(answer(SseOptions::new().label("model", "small")))
        }));
    let response = call(service, ask()).await;
    let body = Box::pin(response.into_body());
    let sent = "retry: 1000\ndata: one\n\n: inner\ndata: two\n\n";
    assert_eq!(text(body).await, sent);
    assert_eq!(*opened.lock().unwrap(), 1);
    let (outer, inner) = (outside.take(), inside.take());
    assert_eq!(outer.labels.to_string(), "model=small");
    assert_eq!(inner.labels.to_string(), "side=inner,model=small");
    for summary in [outer, inner] {
        assert_eq!(summary.events, Some(2));
        assert_eq!(summary.bytes, sent.len() as u64);
        assert_eq!(summary.reason, CloseReason::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_layer_inside_and_outside_counts_once() {
    let (closes, streams) = (Closes::default(), OpenStreams::new());
    let layer = closes.watch(bare().open_streams(&streams));
    // The same one, and another that shares the handle.
    for inner in [layer.clone(), bare().open_streams(&streams)] {
        let service = ServiceBuilder::new()
            .layer(layer.clone())
            .layer(early())
            .layer(inner)
            .service(service_fn(async |_: Request<()>| {
                sleep(SECOND).await;
                Ok::<_, Infallible>(answer(SseOptions::new()))
            }));
        let mut body = Box::pin(call(service, ask()).await.into_body());
        assert_eq!(next(&mut body).await.unwrap(), "data: one\n\n");
        assert_eq!(streams.count(), 1);
        drop(body);
        assert_eq!(streams.count(), 0);
        assert_eq!(closes.take().reason, CloseReason::ClientGone);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_by_a_layer_inside_is_a_late_answer() {
    let policy = tower_sse::RejectPolicy::with_status(http::StatusCode::TOO_MANY_REQUESTS);
    let slow = service_fn(async |_: Request<()>| {
        sleep(SECOND).await;
        Ok::<_, Infallible>(answer(SseOptions::new()))
    });
    // It evicts nothing, so that it decides when the handler has answered.
    let inner = bare().max_streams(0, policy).expect_stream(|_| false);
    let early = early().on_late(|late| match late {
        tower_sse::LateAnswer::Response(late) => Some(Event::new(late.status().to_string())),
        _ => None,
    });
    let service = bare().layer(early.layer(inner.layer(slow)));
    let response = call(service, ask()).await;
    assert_eq!(
        text(Box::pin(response.into_body())).await,
        "data: 429 Too Many Requests\n\n"
    );
}

#[cfg(feature = "channel")]
#[tokio::test(start_paused = true)]
async fn a_late_subscription_knows_its_client() {
    use tower_sse::{Channel, ChannelOptions, EventId, LastEventId};

    let of_browser = || Request::get("/").header(header::ACCEPT, "text/event-stream");
    // A notice of a gap goes to clients alone that ignore an event of an unknown name.
    for (request, is_told) in [(of_browser(), true), (ask(), false)] {
        let service = service_fn(async |_: Request<()>| {
            sleep(SECOND).await;
            let channel = Channel::<Event>::new(ChannelOptions::with_timer(TokioTimer::new()));
            let unknown = LastEventId::new(EventId::from_static("zzzzzz-3"));
            let mut response = Response::from(EventStream::new(channel.resume(unknown.as_ref())));
            let options = SseOptions::new().deadline(SECOND).resumable(true);
            response.extensions_mut().insert(options);
            Ok::<_, Infallible>(response)
        });
        let layer = bare().final_retry(false);
        let response = call(layer.layer(early().layer(service)), request).await;
        let text = text(Box::pin(response.into_body())).await;
        assert_eq!(text.starts_with("event: gap\n"), is_told, "{text:?}");
    }
}
