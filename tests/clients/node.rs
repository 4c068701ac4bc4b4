//! Node's clients.

use crate::{client::node, feed::Feed, story};

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn eventsource_reads_all_and_reconnects_by_itself() {
    let feed = Feed::start().await;
    let mut client = node(include_str!("read_eventsource.mjs"), &feed.url);
    story::publish(&mut client, &feed, &["comment", "retry"]).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn eventsource_parser_reads_all_and_the_heartbeats() {
    let feed = Feed::start().await;
    let mut client = node(include_str!("read_parser.mjs"), &feed.url);
    story::publish(&mut client, &feed, &[]).await;
    // One in each silence.
    assert!(client.heartbeats >= 3, "{}", client.heartbeats);
}
