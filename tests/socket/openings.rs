//! What arrives before the first event, at once.

use std::net::SocketAddr;

use futures::stream;
use hyper_util::rt::TokioTimer;
use tower_sse::{Event, EventStream, SseLayer};

use crate::{
    client::{VERSIONS, get, read},
    curl::{HTTP_2, HTTP_11, curl_some},
    server::serve,
};

const LENGTH: usize = "retry: 2000\n".len();

/// Serves what never yields, as the layer does by default.
async fn silent() -> SocketAddr {
    let layer = SseLayer::with_timer(TokioTimer::new());
    serve(layer, || EventStream::new(stream::pending::<Event>())).await
}

#[track_caller]
fn assert_default_retry(text: &str) {
    let time = text
        .strip_prefix("retry: ")
        .and_then(|rest| rest.strip_suffix('\n'))
        .and_then(|digits| digits.parse().ok());
    assert!(
        time.is_some_and(|time| (2000..=5000).contains(&time)),
        "{text:?}"
    );
}

#[tokio::test]
async fn a_retry_arrives_before_any_event() {
    for version in VERSIONS {
        let (_client, response) = get(version, silent().await).await;
        let text = read(&mut response.into_body(), LENGTH).await;
        assert_default_retry(&text);
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn a_retry_reaches_curl_before_any_event() {
    for version in [HTTP_11, HTTP_2] {
        let text = curl_some(LENGTH, &[version], silent().await).await;
        assert_default_retry(&text);
    }
}
