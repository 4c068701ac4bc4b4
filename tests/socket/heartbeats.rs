//! Heartbeats on idle streams, in real time.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use http::Version;
use tower_sse::{Event, EventStream, Heartbeat};

use crate::{
    client::{VERSIONS, get, read},
    curl::{HTTP_2, HTTP_11, curl_some},
    server::{quiet, serve},
};

const INTERVAL: Duration = Duration::from_millis(20);

const BEFORE_AN_EVENT: &str = "retry: 1000\n:\n:\n:\n:\n";
const AFTER_AN_EVENT: &str = "retry: 1000\ndata: one\n\n:\n:\n:\n:\n";

async fn silent() -> SocketAddr {
    let layer = quiet().heartbeat(Heartbeat::every(INTERVAL));
    serve(layer, || EventStream::new(stream::pending::<Event>())).await
}

async fn silent_after_one() -> SocketAddr {
    let layer = quiet().heartbeat(Heartbeat::every(INTERVAL));
    let stream = || stream::iter([Event::new("one")]).chain(stream::pending());
    serve(layer, move || EventStream::new(stream())).await
}

#[tokio::test]
async fn beats_are_lines_before_the_first_event() {
    let address = silent().await;
    for version in VERSIONS {
        assert_beats(version, address, BEFORE_AN_EVENT).await;
    }
}

#[tokio::test]
async fn beats_are_lines_after_an_event() {
    let address = silent_after_one().await;
    for version in VERSIONS {
        assert_beats(version, address, AFTER_AN_EVENT).await;
    }
}

/// Expects four beats, none of them early.
async fn assert_beats(version: Version, address: SocketAddr, expected: &str) {
    let start = Instant::now();
    let (_client, response) = get(version, address).await;
    let text = read(&mut response.into_body(), expected.len()).await;
    assert_eq!(text, expected, "{version:?}");
    assert!(start.elapsed() >= 4 * INTERVAL, "{version:?}");
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn beats_reach_curl() {
    for version in [HTTP_11, HTTP_2] {
        let text = curl_some(BEFORE_AN_EVENT.len(), &[version], silent().await).await;
        assert_eq!(text, BEFORE_AN_EVENT);
        let text = curl_some(AFTER_AN_EVENT.len(), &[version], silent_after_one().await).await;
        assert_eq!(text, AFTER_AN_EVENT);
    }
}
