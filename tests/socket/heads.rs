//! Heads, by HTTP version.

use std::net::SocketAddr;

use futures::stream;
use http::{HeaderValue, Response};
use tower_sse::{Event, EventStream};

use crate::{
    curl::{HTTP_2, HTTP_10, HTTP_11, curl},
    raw::{lines, read_to_close, send},
    server::{quiet, serve},
};

/// Serves one event.
async fn one() -> SocketAddr {
    serve(quiet(), || {
        EventStream::new(stream::iter([Event::new("one")]))
    })
    .await
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn http_1_1_keeps_alive_and_sends_chunks() {
    let answer = curl(&[HTTP_11], one().await).await;
    let expected = [
        "HTTP/1.1 200 OK",
        "cache-control: no-store, no-transform",
        "connection: keep-alive",
        "content-type: text/event-stream; charset=utf-8",
        "transfer-encoding: chunked",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&answer.head), expected);
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn http_1_1_does_not_promise_to_keep_what_the_client_closes() {
    let answer = curl(&[HTTP_11, "--header", "Connection: close"], one().await).await;
    let expected = [
        "HTTP/1.1 200 OK",
        "cache-control: no-store, no-transform",
        "connection: close",
        "content-type: text/event-stream; charset=utf-8",
        "transfer-encoding: chunked",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&answer.head), expected);
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn http_1_1_can_do_without_the_connection_header() {
    let layer = quiet().keep_alive_header(false);
    let address = serve(layer, || EventStream::new(stream::iter(["one"]))).await;
    let answer = curl(&[HTTP_11], address).await;
    assert!(!answer.head.contains("connection:"), "{}", answer.head);
}

#[tokio::test]
async fn http_1_0_has_no_chunks_and_ends_with_the_connection() {
    assert_http_1_0("GET / HTTP/1.0\r\n\r\n", one().await).await;
}

#[tokio::test]
async fn http_1_0_ends_with_the_connection_though_it_was_to_be_kept() {
    let request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    assert_http_1_0(request, one().await).await;
}

#[tokio::test]
async fn http_1_0_gets_none_of_the_headers_that_it_cannot_keep() {
    assert_http_1_0("GET / HTTP/1.0\r\n\r\n", promising().await).await;
}

async fn assert_http_1_0(request: &str, address: SocketAddr) {
    let (head, body) = read_to_close(send(request, address).await).await;
    let expected = [
        "HTTP/1.0 200 OK",
        "cache-control: no-store, no-transform",
        "connection: close",
        "content-type: text/event-stream; charset=utf-8",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&head), expected);
    assert_eq!(body, "retry: 1000\ndata: one\n\n");
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn http_1_0_satisfies_curl() {
    let answer = curl(&[HTTP_10], one().await).await;
    assert_eq!(answer.body, "retry: 1000\ndata: one\n\n");
    assert_eq!(answer.exit, Some(0));
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn http_2_has_no_headers_of_a_connection() {
    for address in [one().await, promising().await] {
        let answer = curl(&[HTTP_2], address).await;
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
}

/// Serves a response that a proxy took over from HTTP/1.1, headers and all.
async fn promising() -> SocketAddr {
    let answer = || {
        let stream = EventStream::new(stream::iter([Event::new("one")]));
        let mut response = Response::from(stream);
        let headers = response.headers_mut();
        headers.insert("connection", HeaderValue::from_static("keep-alive"));
        headers.insert("keep-alive", HeaderValue::from_static("timeout=5"));
        headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        response
    };
    serve(quiet(), answer).await
}
