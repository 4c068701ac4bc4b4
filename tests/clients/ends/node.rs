use std::time::Duration;

use super::{
    reader::Reader,
    reconnects::{Manner, STANDARD, follow},
    server::Http,
};

async fn node(script: &str, manner: Manner) {
    let readers = [Http::One, Http::Two].map(|http| Reader::node(http, script, &[]));
    follow(readers, manner).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn eventsource_reconnects_after_the_retry_time() {
    node(include_str!("eventsource.mjs"), STANDARD).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn the_event_source_of_node_reconnects_after_the_retry_time() {
    node(include_str!("native_eventsource.mjs"), STANDARD).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn fetch_event_source_reconnects_after_the_retry_time() {
    let manner = Manner {
        by_default: Duration::from_secs(1),
        ..STANDARD
    };
    node(include_str!("fetch_event_source.mjs"), manner).await;
}
