//! Python's clients.

use crate::{client::python, feed::Feed, story};

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn httpx_sse_reads_all() {
    read(include_str!("read_httpx_sse.py")).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn sseclient_reads_all() {
    read(include_str!("read_sseclient.py")).await;
}

async fn read(script: &str) {
    let feed = Feed::start().await;
    let mut client = python(script, &feed.url);
    story::publish(&mut client, &feed, &["comment"]).await;
}
