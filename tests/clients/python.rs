//! Python's clients.

use crate::{client::python, feed::Feed, story};

#[ignore = "needs Node, Python and their packages; `tests/all` runs it"]
#[tokio::test]
async fn httpx_sse_reads_all_and_no_heartbeat() {
    let feed = Feed::start().await;
    let mut client = python(include_str!("read_httpx_sse.py"), &feed.url);
    story::tell(&mut client, &feed).await;
    assert_eq!(client.heartbeats, 0);
}

#[ignore = "needs Node, Python and their packages; `tests/all` runs it"]
#[tokio::test]
async fn sseclient_reads_all_and_no_heartbeat() {
    let feed = Feed::start().await;
    let mut client = python(include_str!("read_sseclient.py"), &feed.url);
    story::tell(&mut client, &feed).await;
    assert_eq!(client.heartbeats, 0);
}
