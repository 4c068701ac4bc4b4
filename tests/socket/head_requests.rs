//! HEAD: the head alone, and the stream dropped.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures::stream;
use http::{Method, Response};
use tower_sse::{Event, EventStream};

use crate::{
    client::{Client, VERSIONS, read_all},
    curl::{HTTP_2, HTTP_11, curl},
    raw::lines,
    server::{Dropped, quiet, serve, watched},
};

/// Serves an idle stream, once.
async fn idle() -> (SocketAddr, Dropped) {
    let (stream, dropped) = watched(stream::pending::<Event>());
    let stream = Arc::new(Mutex::new(Some(Response::from(EventStream::new(stream)))));
    let address = serve(quiet(), move || stream.lock().unwrap().take().unwrap()).await;
    (address, dropped)
}

#[tokio::test]
async fn a_head_drops_the_stream_while_the_connection_stays() {
    for version in VERSIONS {
        let (address, dropped) = idle().await;
        let mut client = Client::connect(version, address).await;
        let response = client.send(Method::HEAD).await;
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );

        let (body, end) = read_all(&mut response.into_body()).await;
        assert_eq!(body, "", "{version:?}");
        assert!(end.is_ok(), "{version:?}");
        dropped.wait().await;
        assert!(client.is_open(), "{version:?}");
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn curl_gets_the_head_alone_over_http_1_1() {
    let (address, dropped) = idle().await;
    let answer = curl(&[HTTP_11, "--head"], address).await;
    dropped.wait().await;
    assert_eq!(answer.exit, Some(0));
    assert_eq!(answer.body, "");
    let expected = [
        "HTTP/1.1 200 OK",
        "cache-control: no-store, no-transform",
        "connection: keep-alive",
        "content-type: text/event-stream; charset=utf-8",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&answer.head), expected);
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn curl_gets_the_head_alone_over_http_2() {
    let (address, dropped) = idle().await;
    let answer = curl(&[HTTP_2, "--head"], address).await;
    dropped.wait().await;
    assert_eq!(answer.exit, Some(0));
    assert_eq!(answer.body, "");
    let expected = [
        "HTTP/2 200",
        "cache-control: no-store, no-transform",
        "content-type: text/event-stream; charset=utf-8",
        "x-accel-buffering: no",
    ];
    assert_eq!(lines(&answer.head), expected);
}
