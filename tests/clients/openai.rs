//! The official clients of OpenAI, unchanged, and a stream unlike those that they are made for: with
//! ids, heartbeats, and data of several lines.

use serde_json::json;
use tower_sse::Event;

use crate::{
    client::{Client, node, python},
    feed::Feed,
};

fn chunk(content: &str) -> Event {
    let delta = json!({ "content": content });
    let chunk = json!({ "choices": [{ "index": 0, "delta": delta }] });
    Event::new(serde_json::to_string_pretty(&chunk).unwrap())
}

async fn read(client: fn(&str, &str) -> Client, script: &str) {
    let feed = Feed::start().await;
    let mut client = client(script, &feed.url);
    client.expect([r#"{"open":200}"#]).await;
    feed.wire.heartbeat_after("retry: 200").await;
    feed.publish(chunk("one"));
    client.expect([r#"{"text":"one"}"#]).await;
    feed.wire.heartbeat_after("one").await;
    feed.publish(chunk("two"));
    client.expect([r#"{"text":"two"}"#]).await;

    feed.wire.cut_after("thr");
    feed.publish(chunk("three"));
    client.expect([r#"{"end":"cut"}"#, r#"{"open":200}"#]).await;
    feed.publish(chunk("four"));
    feed.publish(Event::new("[DONE]"));
    let lines = [r#"{"text":"four"}"#, r#"{"end":"clean"}"#, r#"{"exit":0}"#];
    client.expect(lines).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_node_reads_all_and_asks_again() {
    read(node, include_str!("read_openai.mjs")).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_python_reads_all_and_asks_again() {
    read(python, include_str!("read_openai.py")).await;
}
