//! Two nodes behind HAProxy, which are killed in turn.

use axum::Router;

use crate::{client::node, nodes::Nodes};

/// How often a node is killed.
const TURNS: usize = 4;

#[ignore = "needs Node and its packages, HAProxy and Redis; `tests/all` runs it"]
#[tokio::test]
async fn eventsource_misses_and_doubles_nothing_while_nodes_are_killed() {
    let mut nodes = Nodes::start(Router::new()).await;
    let mut client = node(include_str!("read_eventsource.mjs"), &nodes.url("/sse"));
    let (mut heard, mut opened) = (Vec::new(), 0);
    let has_all = async |messages: &[String]| {
        while heard.len() < messages.len() {
            let line = client.next().await;
            if line["event"] == "message" {
                heard.push(line["data"].as_str().unwrap().to_owned());
            }
            opened += usize::from(line["open"] == 200);
        }
        assert_eq!(heard, messages);
    };
    nodes.take_turns(TURNS, has_all).await;
    // From the second turn on, the node that is killed is the one that serves it.
    assert!(opened >= TURNS, "{opened}");
}
