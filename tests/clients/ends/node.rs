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
async fn eventsource_comes_back_when_it_is_told_to() {
    node(include_str!("eventsource.mjs"), STANDARD).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn the_event_source_of_node_comes_back_when_it_is_told_to() {
    node(include_str!("native_eventsource.mjs"), STANDARD).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn fetch_event_source_comes_back_when_it_is_told_to() {
    let manner = Manner {
        by_default: Duration::from_secs(1),
        ..STANDARD
    };
    node(include_str!("fetch_event_source.mjs"), manner).await;
}
