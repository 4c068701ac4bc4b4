//! What the recorder of the `metrics` crate receives.

use std::{
    collections::BTreeMap, convert::Infallible, future::poll_fn, task::Poll, time::Duration,
};

use futures::{StreamExt, executor::block_on, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    EarlyHeadLayer, Event, EventStream, Heartbeat, Lifetime, LimitPolicy, Preamble, RejectPolicy,
    Shutdown, ShutdownPolicy, SseLayer, SseOptions,
};

/// Returns each metric as `name{label=value}`, with what it has changed by since the last time.
fn recorded(snapshotter: &Snapshotter) -> BTreeMap<String, DebugValue> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let (name, labels) = key.key().clone().into_parts();
        let labels = labels.iter().map(|l| format!("{}={}", l.key(), l.value()));
        let labels = labels.collect::<Vec<_>>().join(",");
        (format!("{}{{{labels}}}", name.as_str()), value)
    })
    .collect()
}

/// A request that names event streams, as a browser's does.
fn request() -> Request<()> {
    let request = Request::get("/").header("accept", "text/event-stream");
    request.body(()).unwrap()
}

async fn send(layer: &SseLayer) -> impl http_body::Body<Data = bytes::Bytes> + Unpin + use<> {
    let service = service_fn(async |_: Request<()>| {
        let events = ["one", "two"].map(Event::new);
        Ok::<_, Infallible>(EventStream::new(stream::iter(events)))
    });
    let Ok(response) = layer.layer(service).oneshot(request()).await;
    response.into_body()
}

#[test]
fn count_a_stream_by_the_labels_that_come_late() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let layer = SseLayer::with_timer(TokioTimer::new())
        .label("route", |head| Some(head.uri().path().to_owned()))
        .metrics();
    let early = EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO);
    let service = service_fn(async |_: Request<()>| {
        let mut woken = false;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            match std::mem::replace(&mut woken, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        let mut response = Response::from(EventStream::new(stream::iter(["one", "two"])));
        let options = SseOptions::new().label("model", "small");
        response.extensions_mut().insert(options);
        Ok::<_, Infallible>(response)
    });
    metrics::with_local_recorder(&recorder, || {
        block_on(async {
            let response = layer.layer(early.layer(service)).oneshot(request());
            let Ok(response) = response.await;
            response.into_body().collect().await.unwrap();
        });
    });
    let recorded = recorded(&snapshotter);
    let is = |name: &str, value: DebugValue| assert_eq!(recorded[name], value, "{name}");
    is("sse_streams_opened_total{route=/}", DebugValue::Counter(1));
    is("sse_streams_open{route=/}", DebugValue::Gauge(0.0.into()));
    is(
        "sse_streams_open{route=/,model=small}",
        DebugValue::Gauge(0.0.into()),
    );
    is(
        "sse_events_total{route=/,model=small}",
        DebugValue::Counter(2),
    );
}

#[test]
fn count_streams_that_open_close_and_are_rejected() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let layer = SseLayer::with_timer(TokioTimer::new())
        .preamble(Preamble::off())
        .label("route", |head| Some(head.uri().path().to_owned()))
        .tag("user", |_| Some("ada".to_owned()))
        .max_streams(1, LimitPolicy::default().wait(Duration::ZERO))
        .metrics();

    metrics::with_local_recorder(&recorder, || {
        block_on(async {
            let mut body = send(&layer).await;
            body.frame().await;
            let _rejected = send(&layer).await;
            let recorded = recorded(&snapshotter);
            assert_eq!(
                recorded["sse_streams_open{route=/}"],
                DebugValue::Gauge(1.0.into())
            );
            assert_eq!(
                recorded["sse_streams_opened_total{route=/}"],
                DebugValue::Counter(1)
            );
            assert_eq!(
                recorded["sse_streams_rejected_total{route=/,reason=too_many}"],
                DebugValue::Counter(1)
            );
            assert_eq!(recorded.len(), 3, "{recorded:?}");
            body.frame().await;
        });
    });

    let recorded = recorded(&snapshotter);
    assert_eq!(
        recorded["sse_streams_open{route=/}"],
        DebugValue::Gauge((-1.0).into())
    );
    assert_eq!(
        recorded["sse_streams_closed_total{route=/,reason=completed,wire=clean}"],
        DebugValue::Counter(1)
    );
    assert_eq!(
        recorded["sse_events_total{route=/}"],
        DebugValue::Counter(2)
    );
    assert_eq!(
        recorded["sse_frames_total{route=/}"],
        DebugValue::Counter(1)
    );
    assert_eq!(
        recorded["sse_bytes_total{route=/}"],
        DebugValue::Counter(22)
    );
    assert_eq!(
        recorded["sse_heartbeats_total{route=/}"],
        DebugValue::Counter(0)
    );
    let DebugValue::Histogram(durations) =
        &recorded["sse_stream_duration_seconds{route=/,reason=completed}"]
    else {
        panic!("a duration is a histogram");
    };
    assert_eq!(durations.len(), 1);
}

#[test]
fn record_how_long_a_stream_was_open() {
    with_recorder(async |snapshotter| {
        let layer = SseLayer::with_timer(TokioTimer::new())
            .max_lifetime(Lifetime::new(Duration::from_secs(7)))
            .metrics()
            .metrics();
        let service = service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(EventStream::new(stream::pending::<Event>()))
        });
        // The layer wraps the service twice, with `metrics` twice: a stream counts once all the same.
        let service = layer
            .clone()
            .max_streams(9, RejectPolicy::empty_stream())
            .layer(layer.layer(service));
        let Ok(response) = service.oneshot(request()).await;
        let mut body = response.into_body();
        while body.frame().await.is_some() {}

        let recorded = recorded(&snapshotter);
        let DebugValue::Histogram(times) =
            &recorded["sse_stream_duration_seconds{reason=lifetime}"]
        else {
            panic!("a duration is a histogram");
        };
        let times: Vec<_> = times.iter().map(|time| time.into_inner()).collect();
        assert_eq!(times, [7.0]);
        assert_eq!(
            recorded["sse_streams_opened_total{}"],
            DebugValue::Counter(1)
        );
    });
}

#[test]
fn count_a_stream_that_is_never_idle() {
    with_recorder(async |snapshotter| {
        let layer = SseLayer::with_timer(TokioTimer::new())
            .preamble(Preamble::off())
            .metrics();
        let service = service_fn(async |_: Request<()>| {
            let ticks = stream::unfold((), async |()| {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Some((Event::new("x"), ()))
            })
            .boxed();
            Ok::<_, Infallible>(EventStream::new(ticks))
        });
        let Ok(response) = layer.layer(service).oneshot(request()).await;
        let mut body = response.into_body();
        for _ in 0..21 {
            body.frame().await;
        }
        let recorded = recorded(&snapshotter);
        let DebugValue::Counter(events) = recorded["sse_events_total{}"] else {
            panic!("events are counted");
        };
        assert!((19..=21).contains(&events), "{events} of 21 seconds");
    });
}

/// Runs a test in which time passes only when there is nothing else to do.
fn with_recorder<F: Future>(test: impl FnOnce(Snapshotter) -> F) -> F::Output {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(test(snapshotter)))
}

#[test]
fn count_what_an_open_stream_has_sent() {
    with_recorder(async |snapshotter| {
        let layer = SseLayer::with_timer(TokioTimer::new())
            .preamble(Preamble::off())
            .metrics();
        let service = service_fn(async |_: Request<()>| {
            let events = stream::iter([Event::new("one")]).chain(stream::pending());
            Ok::<_, Infallible>(EventStream::new(events))
        });
        let Ok(response) = layer.layer(service).oneshot(request()).await;
        let mut body = response.into_body();

        let _event = body.frame().await;
        let _heartbeat = body.frame().await;

        let first = recorded(&snapshotter);
        assert_eq!(first["sse_events_total{}"], DebugValue::Counter(1));
        assert_eq!(first["sse_bytes_total{}"], DebugValue::Counter(11));
        assert_eq!(first["sse_heartbeats_total{}"], DebugValue::Counter(0));
        drop(body);
        let then = recorded(&snapshotter);
        assert_eq!(then["sse_events_total{}"], DebugValue::Counter(0));
        assert_eq!(then["sse_frames_total{}"], DebugValue::Counter(1));
        assert_eq!(then["sse_heartbeats_total{}"], DebugValue::Counter(1));
    });
}

#[test]
fn record_how_long_a_shutdown_drains() {
    with_recorder(async |snapshotter| {
        let shutdown = Shutdown::with_timer(TokioTimer::new());
        let layer = SseLayer::with_timer(TokioTimer::new())
            .heartbeat(Heartbeat::off())
            .shutdown(&shutdown)
            .shutdown_policy(ShutdownPolicy::grace(Duration::from_secs(7)))
            .metrics();
        let service = service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(EventStream::new(stream::pending::<Event>()))
        });
        let Ok(response) = layer.layer(service).oneshot(request()).await;
        let mut body = response.into_body();
        body.frame().await;

        tokio::time::advance(Duration::from_secs(60)).await;
        shutdown.trigger();
        while body.frame().await.is_some() {}

        let recorded = recorded(&snapshotter);
        let DebugValue::Histogram(drains) = &recorded["sse_shutdown_drain_seconds{}"] else {
            panic!("a drain is a histogram");
        };
        let drains: Vec<_> = drains.iter().map(|drain| drain.into_inner()).collect();
        assert_eq!(drains, [7.0]);
    });
}
