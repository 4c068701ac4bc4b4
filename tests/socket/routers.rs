//! Layers around axum's routers, which box the bodies between.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, response::IntoResponse, routing, serve::ListenerExt};
use futures::{StreamExt, stream};
use hyper_util::rt::TokioTimer;
use tower_sse::{Event, EventStream, Heartbeat, Preamble, Retry, SseLayer, SseOptions};

use crate::{
    client::{VERSIONS, get, read},
    curl::{HTTP_2, HTTP_11, curl, curl_some},
    raw::lines,
    server::{listen, quiet},
};

const INTERVAL: Duration = Duration::from_millis(20);

async fn serve(router: Router) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

async fn one() -> impl IntoResponse {
    http::Response::from(EventStream::new(stream::iter([Event::new("one")])))
}

async fn one_then_silence() -> impl IntoResponse {
    let stream = stream::iter([Event::new("one")]).chain(stream::pending());
    http::Response::from(EventStream::new(stream))
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn two_layers_double_nothing_over_http_1_1() {
    let router = Router::new().route("/", routing::get(one).layer(quiet()));
    let answer = curl(&[HTTP_11], serve(router.layer(quiet())).await).await;
    let expected = [
        "HTTP/1.1 200 OK",
        "cache-control: no-store, no-transform",
        "connection: keep-alive",
        "content-type: text/event-stream; charset=utf-8",
        "transfer-encoding: chunked",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&answer.head), expected);
    assert_eq!(answer.body, "retry: 1000\ndata: one\n\n");
    assert_eq!(answer.exit, Some(0));
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn two_layers_double_nothing_over_http_2() {
    let router = Router::new().route("/", routing::get(one).layer(quiet()));
    let answer = curl(&[HTTP_2], serve(router.layer(quiet())).await).await;
    let expected = [
        "HTTP/2 200",
        "cache-control: no-store, no-transform",
        "content-type: text/event-stream; charset=utf-8",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&answer.head), expected);
    assert_eq!(answer.body, "retry: 1000\ndata: one\n\n");
    assert_eq!(answer.exit, Some(0));
}

#[tokio::test]
async fn an_outer_layer_fills_in_what_the_inner_one_leaves_open() {
    let bare = SseLayer::with_timer(TokioTimer::new());
    let inner = bare.clone().retry(Retry::fixed(Duration::from_secs(2)));
    let outer = bare
        .retry(Retry::fixed(Duration::from_secs(3)))
        .heartbeat(Heartbeat::every(INTERVAL).comment("outer"));
    let router = Router::new().route("/", routing::get(one_then_silence).layer(inner));
    let address = serve(router.layer(outer)).await;

    let expected = "retry: 2000\ndata: one\n\n: outer\n: outer\n";
    for version in VERSIONS {
        let (_client, response) = get(version, address).await;
        let text = read(&mut response.into_body(), expected.len()).await;
        assert_eq!(text, expected, "{version:?}");
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn a_handler_decides_for_its_own_response() {
    let handler = async || {
        let mut response = one_then_silence().await.into_response();
        let options = SseOptions::new()
            .retry(Retry::fixed(Duration::from_secs(7)))
            .preamble(Preamble::guarded())
            .heartbeat(Heartbeat::every(INTERVAL).comment("mine"))
            .keep_alive_header(false);
        response.extensions_mut().insert(options);
        response
    };
    let router = Router::new().route("/", routing::get(handler));
    let address = serve(router.layer(quiet())).await;

    let expected = "\nevent: discard\n\nretry: 7000\ndata: one\n\n: mine\n: mine\n";
    for version in VERSIONS {
        let (_client, response) = get(version, address).await;
        assert!(!response.headers().contains_key("connection"));
        let text = read(&mut response.into_body(), expected.len()).await;
        assert_eq!(text, expected, "{version:?}");
    }
    for version in [HTTP_11, HTTP_2] {
        let text = curl_some(expected.len(), &[version], address).await;
        assert_eq!(text, expected, "{version}");
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn routes_that_are_no_streams_pass_through() {
    let router = Router::new().route("/", routing::get(async || "hello"));
    let answer = curl(&[HTTP_11], serve(router.layer(quiet())).await).await;
    let expected = [
        "HTTP/1.1 200 OK",
        "content-length: 5",
        "content-type: text/plain; charset=utf-8",
    ];
    assert_eq!(lines(&answer.head), expected);
    assert_eq!(answer.body, "hello");
}
