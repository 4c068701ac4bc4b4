//! Beside the layers that most applications have, in the order that the docs advise.

use std::{convert::Infallible, io::Read, time::Duration};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::{
    compression::{CompressionLayer, predicate::SizeAbove},
    cors::CorsLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tower_sse::{Event, EventStream, Retry, SseLayer};

const SECOND: Duration = Duration::from_secs(1);

fn layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new()).retry(Retry::fixed(SECOND))
}

fn request() -> Request<Body> {
    Request::get("/")
        .header("origin", "http://example.org")
        .header("accept-encoding", "gzip")
        .body(Body::empty())
        .unwrap()
}

/// Says something now, and something more after the time-out.
fn slow() -> Response<EventStream<impl futures::Stream<Item = Event>>> {
    let later = async {
        tokio::time::sleep(10 * SECOND).await;
        Event::new("later")
    };
    let events = stream::iter([Event::new("now")]).chain(stream::once(Box::pin(later)));
    EventStream::new(events).into()
}

async fn collect<B>(body: B) -> Bytes
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    body.collect().await.unwrap().to_bytes()
}

/// The layers, as a `ServiceBuilder`.
macro_rules! layers {
    () => {
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http())
            .layer(CorsLayer::permissive())
            .layer(CompressionLayer::new())
            .layer(layer())
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                SECOND,
            ))
    };
}

async fn assert_streams<B>(response: Response<B>)
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(!response.headers().contains_key("content-encoding"));
    assert_eq!(
        collect(response.into_body()).await,
        "retry: 1000\ndata: now\n\ndata: later\n\n"
    );
}

#[tokio::test(start_paused = true)]
async fn streams_within_an_axum_router() {
    let app = Router::new()
        .route("/", get(async || slow()))
        .route("/late", get(async || tokio::time::sleep(2 * SECOND).await))
        .layer(layers!());
    assert_streams(app.clone().oneshot(request()).await.unwrap()).await;

    let late = Request::get("/late").body(Body::empty()).unwrap();
    let response = app.oneshot(late).await.unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn streams_around_a_plain_service() {
    let service = layers!().service(service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(slow().map(Body::new))
    }));
    assert_streams(service.oneshot(request()).await.unwrap()).await;
}

/// Compresses whatever there is.
fn eager() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new().compress_when(SizeAbove::new(0))
}

fn unzipped(body: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(body)
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[tokio::test(start_paused = true)]
async fn puts_nothing_into_what_is_compressed_inside() {
    let app = Router::new()
        .route("/", get(async || slow()))
        .layer(ServiceBuilder::new().layer(layer()).layer(eager()));
    let response = app.oneshot(request()).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let body = collect(response.into_body()).await;
    assert_eq!(unzipped(&body), "data: now\n\ndata: later\n\n");
}

#[tokio::test(start_paused = true)]
async fn has_all_that_it_puts_in_compressed_outside() {
    let app = Router::new()
        .route("/", get(async || slow()))
        .layer(ServiceBuilder::new().layer(eager()).layer(layer()));
    let body = collect(app.oneshot(request()).await.unwrap().into_body()).await;
    assert_eq!(unzipped(&body), "retry: 1000\ndata: now\n\ndata: later\n\n");
}
