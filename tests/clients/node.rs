//! Node's clients.

use crate::{client::node, feed::Feed, story};

#[ignore = "needs Node, Python and their packages; `tests/all` runs it"]
#[tokio::test]
async fn eventsource_reads_and_comes_back() {
    let feed = Feed::start().await;
    let mut client = node(include_str!("read_eventsource.mjs"), &feed.url);
    story::tell_without_retry(&mut client, &feed).await;
}

#[ignore = "needs Node, Python and their packages; `tests/all` runs it"]
#[tokio::test]
async fn eventsource_parser_reads_all_and_the_heartbeats() {
    let feed = Feed::start().await;
    let mut client = node(include_str!("read_parser.mjs"), &feed.url);
    story::tell(&mut client, &feed).await;
    assert!(client.heartbeats >= 2, "{}", client.heartbeats);
}
