use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_sse::{
    CloseReason, Heartbeat, LastEventId, Lifetime, RejectPolicy, RejectReason, Retry, Shutdown,
    ShutdownPolicy, SseLayer, SseOptions,
};

use crate::{closing::Closes, support::*};

/// Sends a request through two layers between which the body is boxed, as axum does.
async fn through(
    outer: SseLayer,
    inner: SseLayer,
    request: http::request::Builder,
    own: Option<SseOptions>,
) -> (
    Feed,
    Response<impl http_body::Body<Data = bytes::Bytes, Error: std::fmt::Debug> + Unpin>,
) {
    let (feed, mut response) = adopted();
    own.map(|options| response.extensions_mut().insert(options));
    let mut response = Some(response);
    let service = inner.layer(service_fn(move |_: Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    }));
    let boxed = service.map_response(|response| response.map(BodyExt::boxed_unsync));
    let response = call(outer.layer(boxed), request).await;
    (feed, response)
}

#[tokio::test(start_paused = true)]
async fn does_nothing_twice() {
    let fixed = layer().retry(Retry::fixed(SECOND));
    let (_feed, mut response) = through(fixed.clone(), fixed, get(), None).await;
    for name in [
        "content-type",
        "cache-control",
        "x-accel-buffering",
        "connection",
    ] {
        assert_eq!(response.headers().get_all(name).iter().count(), 1, "{name}");
    }
    assert_eq!(
        response.headers()["cache-control"],
        "no-store, no-transform"
    );
    let body = response.body_mut();
    assert_eq!(next(body).await.unwrap(), "retry: 1000\n");
    assert_eq!(next(body).await.unwrap(), ":\n");
    assert!(
        is_silent(body),
        "the outer layer has no heartbeat of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn lets_the_outer_one_fill_in_what_the_inner_one_leaves_unset() {
    let outer = layer()
        .retry(Retry::fixed(SECOND))
        .heartbeat(Heartbeat::off())
        .keep_alive_header(false);
    let inner = layer().heartbeat(Heartbeat::every(SECOND).comment("inner"));
    let (_feed, mut response) = through(outer, inner, get(), None).await;
    assert!(!response.headers().contains_key("connection"));
    assert_eq!(next(response.body_mut()).await.unwrap(), "retry: 1000\n");
    assert_eq!(next(response.body_mut()).await.unwrap(), ": inner\n");
}

#[tokio::test]
async fn lets_the_handler_come_first() {
    let own = SseOptions::new().retry(Retry::fixed(3 * SECOND));
    let outer = layer().retry(Retry::fixed(SECOND));
    let inner = layer().retry(Retry::fixed(2 * SECOND));
    let (_feed, mut response) = through(outer, inner, get(), Some(own)).await;
    assert_eq!(next(response.body_mut()).await.unwrap(), "retry: 3000\n");
}

#[tokio::test]
async fn uses_options_that_are_set_between_them() {
    let own = || SseOptions::new().retry(Retry::fixed(9 * SECOND));
    let service = ServiceBuilder::new()
        .layer(layer().retry(Retry::fixed(SECOND)))
        .map_response(move |mut response: Response<_>| {
            response.extensions_mut().insert(own());
            response
        })
        .layer(layer().retry(Retry::fixed(2 * SECOND)))
        .service(service_fn(async |_: Request<()>| {
            let (_, response) = adopted();
            Ok::<_, Infallible>(response)
        }));
    let response = call(service, get()).await;
    assert_eq!(text(response.into_body()).await, "retry: 9000\n");
}

#[tokio::test]
async fn lets_either_reject() {
    let strict = || layer().require_accept(true);
    let lenient = SseOptions::new().ignore_accept();
    let json = || any().header("accept", "application/json");
    let (feed, response) = through(strict(), layer(), json(), None).await;
    assert_eq!(response.status(), 406);
    assert!(feed.is_dropped());
    let (_, response) = through(layer(), strict(), json(), None).await;
    assert_eq!(response.status(), 406);
    let (_feed, response) = through(strict(), layer(), json(), Some(lenient)).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn keeps_the_last_event_id_that_the_outer_one_read() {
    let service = ServiceBuilder::new()
        .layer(layer().last_event_id_query("from"))
        .layer(layer())
        .service(service_fn(|request: Request<()>| async move {
            let id = request.extensions().get::<LastEventId>().cloned();
            Ok::<_, Infallible>(Response::new(id.unwrap().to_string()))
        }));
    let response = call(service, Request::get("/?from=7")).await;
    assert_eq!(text(response.into_body()).await, "7");
}

#[tokio::test(start_paused = true)]
async fn reports_to_both_and_ends_at_the_shutdown_of_either() {
    for outer_ends in [true, false] {
        let [outer, inner] = [(); 2].map(|()| Shutdown::with_timer(TokioTimer::new()));
        let [outer_closes, inner_closes] = [(); 2].map(|()| Closes::default());
        let how = ShutdownPolicy::immediate().retry(Retry::fixed(SECOND));
        let (_feed, mut response) = through(
            outer_closes.watch(bare().shutdown(&outer).shutdown_policy(how)),
            inner_closes.watch(bare().shutdown(&inner)),
            get(),
            None,
        )
        .await;
        assert_eq!(
            (outer.open_stream_count(), inner.open_stream_count()),
            (1, 1)
        );
        assert!(is_silent(response.body_mut()));
        if outer_ends { &outer } else { &inner }.trigger();
        let last = "event: tower-sse.retry\nretry: 1000\ndata: \n\n";
        assert_eq!(next(response.body_mut()).await.unwrap(), last);
        assert_eq!(outer_closes.take(), [CloseReason::ShutDown]);
        assert_eq!(inner_closes.take(), [CloseReason::ShutDown]);
        assert_eq!(
            (outer.open_stream_count(), inner.open_stream_count()),
            (0, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn counts_a_stream_against_the_caps_of_both() {
    let closes = Closes::default();
    let inner = closes.watch(bare().max_streams(1, RejectPolicy::empty_stream()));
    let outer = bare().max_streams(1, RejectPolicy::empty_stream());
    let (feed, open) = through(outer.clone(), inner.clone(), get(), None).await;
    for (outer, inner) in [(outer.clone(), bare()), (bare(), inner.clone())] {
        let (rejected, _) = through(outer, inner, get(), None).await;
        assert!(rejected.is_dropped());
    }
    // What the outer layer rejects has not been open for the inner one.
    let none = bare().max_streams(0, RejectPolicy::empty_stream());
    drop(through(none, closes.watch(bare()), get(), None).await);
    assert_eq!(closes.take(), []);
    drop((feed, open));
    assert_eq!(closes.take(), [CloseReason::ClientGone]);
    let (feed, _open) = through(outer, inner, get(), None).await;
    assert!(!feed.is_dropped());
}

#[tokio::test]
async fn counts_once_what_both_share() {
    let shutdown = Shutdown::with_timer(TokioTimer::new());
    let closes = Closes::default();
    let shared = bare()
        .max_streams(1, RejectPolicy::empty_stream())
        .max_streams_per(1, RejectPolicy::empty_stream(), |_| Some(()))
        .shutdown(&shutdown);
    let shared = closes.watch(shared);
    // The same layer, and one that has what it has.
    for outer in [
        shared.clone(),
        shared.clone().max_lifetime(Lifetime::unlimited()),
    ] {
        let (feed, open) = through(outer, shared.clone(), get(), None).await;
        assert!(!feed.is_dropped());
        assert_eq!(shutdown.open_stream_count(), 1);
        drop(open);
    }
    // Closures are called for each layer that has them, but not twice for one.
    assert_eq!(closes.take().len(), 1 + 2);
}

#[tokio::test]
async fn reports_a_rejection_by_the_inner_one_to_the_outer_one() {
    let rejections = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&rejections);
    let outer = layer()
        .label("side", |_| Some("outer".to_owned()))
        .on_reject(move |rejection| reported.lock().unwrap().push(rejection.clone()));
    for policy in [
        RejectPolicy::empty_stream(),
        RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS),
    ] {
        let inner = layer().max_streams(0, policy);
        drop(through(outer.clone(), inner, get(), None).await);
        let rejections = std::mem::take(&mut *rejections.lock().unwrap());
        assert_eq!(rejections.len(), 1);
        assert_eq!(rejections[0].reason, RejectReason::TooMany);
        assert_eq!(rejections[0].labels.get("side"), Some("outer"));
    }
}

#[tokio::test]
async fn does_not_take_a_rejection_for_a_stream() {
    let closes = Closes::default();
    let policy = RejectPolicy::empty_stream().retry(Retry::fixed(SECOND));
    let inner = layer().max_streams(0, policy);
    let (_, response) = through(closes.watch(layer()), inner, get(), None).await;
    assert_eq!(response.status(), 200);
    let last = "event: tower-sse.retry\nretry: 1000\ndata: \n\n";
    assert_eq!(text(response.into_body()).await, last);
    assert_eq!(closes.take(), []);
}
