//! Clients that leave: their streams are dropped at once.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use http::{Method, Version};
use tokio_stream::wrappers::IntervalStream;
use tower_sse::{Event, EventStream};

use crate::{
    client::{Client, VERSIONS, get, read},
    curl::{HTTP_2, HTTP_11, curl_some},
    server::{Dropped, quiet, serve, watched},
};

/// Serves a stream, once, after a first event.
async fn watch<S>(rest: S) -> (SocketAddr, Dropped)
where
    S: Stream<Item = Event> + Send + 'static,
{
    let first = stream::iter([Event::new("first")]);
    let (stream, dropped) = watched(first.chain(rest));
    let stream = Arc::new(Mutex::new(Some(EventStream::new(stream))));
    let address = serve(quiet(), move || stream.lock().unwrap().take().unwrap()).await;
    (address, dropped)
}

async fn idle() -> (SocketAddr, Dropped) {
    watch(stream::pending()).await
}

async fn busy() -> (SocketAddr, Dropped) {
    let ticks = IntervalStream::new(tokio::time::interval(Duration::from_millis(1)));
    watch(ticks.map(|_| Event::new("tick"))).await
}

const FIRST: &str = "retry: 1000\ndata: first\n\n";

#[tokio::test]
async fn dropping_the_response_drops_the_stream() {
    for version in VERSIONS {
        for (address, mut dropped) in [idle().await, busy().await] {
            let (_client, response) = get(version, address).await;
            let mut body = response.into_body();
            assert_eq!(read(&mut body, FIRST.len()).await, FIRST);
            assert!(!dropped.is_yet(), "{version:?}");
            drop(body);
            dropped.wait().await;
        }
    }
}

#[tokio::test]
async fn closing_the_socket_drops_the_stream() {
    for version in VERSIONS {
        for (address, mut dropped) in [idle().await, busy().await] {
            let (client, response) = get(version, address).await;
            let mut body = response.into_body();
            assert_eq!(read(&mut body, FIRST.len()).await, FIRST);
            assert!(!dropped.is_yet(), "{version:?}");
            client.vanish();
            dropped.wait().await;
        }
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn killing_curl_drops_the_stream() {
    for version in [HTTP_11, HTTP_2] {
        for (address, dropped) in [idle().await, busy().await] {
            assert_eq!(curl_some(FIRST.len(), &[version], address).await, FIRST);
            dropped.wait().await;
        }
    }
}

#[tokio::test]
async fn leaving_before_the_first_event_drops_the_stream() {
    for version in VERSIONS {
        let (stream, mut dropped) = watched(stream::pending::<Event>());
        let stream = Arc::new(Mutex::new(Some(EventStream::new(stream))));
        let address = serve(quiet(), move || stream.lock().unwrap().take().unwrap()).await;
        let (client, _response) = get(version, address).await;
        assert!(!dropped.is_yet(), "{version:?}");
        client.vanish();
        dropped.wait().await;
    }
}

#[tokio::test]
async fn leaving_one_stream_keeps_the_others_of_the_connection() {
    let (kept, mut kept_dropped) = watched(stream::pending::<Event>());
    let (left, left_dropped) = watched(stream::pending::<Event>());
    let streams = Arc::new(Mutex::new(vec![kept.boxed(), left.boxed()]));
    let answer = move || EventStream::new(streams.lock().unwrap().pop().unwrap());
    let address = serve(quiet(), answer).await;

    let mut client = Client::connect(Version::HTTP_2, address).await;
    let left = client.send(Method::GET).await;
    let kept = client.send(Method::GET).await;
    drop(left);
    left_dropped.wait().await;
    assert!(!kept_dropped.is_yet());
    drop(kept);
    kept_dropped.wait().await;
}
