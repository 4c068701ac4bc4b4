//! A stream of two nodes behind HAProxy, which are killed in turn.

use axum::{Router, response::Html, routing::get};
use serde_json::json;

use crate::{
    browser::{Browser, checks},
    engine::Engine,
    nodes::Nodes,
    page::PAGE,
};

/// How often a node is killed.
const TURNS: usize = 4;

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        misses_and_doubles_nothing,
        the_page_of_the_example_goes_on_at_the_other_node,
    }
}

async fn misses_and_doubles_nothing(browser: &Browser) {
    let mut nodes = Nodes::start(Router::new().route("/", get(async || Html(PAGE)))).await;
    let tab = browser
        .open(&nodes.url("/?listen=/sse&type=node&type=gap"))
        .await;
    tab.until("said('a').length").await;
    let served_by = "said('a').filter(([type]) => type === 'node').map(([, name]) => name)";
    let first = tab.get(served_by).await;
    assert!(
        first == json!(["node 1"]) || first == json!(["node 2"]),
        "{first}"
    );

    let heard = "said('a').filter(([type]) => type !== 'node').map(([, data]) => data)";
    let has_all = async |messages: &[String]| tab.until_is(heard, json!(messages)).await;
    nodes.take_turns(TURNS, has_all).await;
    // From the second turn on, the node that is killed is the one that serves it.
    let connections = tab.get(&format!("{served_by}.length")).await;
    assert!(connections.as_u64() >= Some(TURNS as u64), "{connections}");
}

/// The page knows both nodes, and needs no balancer.
async fn the_page_of_the_example_goes_on_at_the_other_node(browser: &Browser) {
    let mut nodes = Nodes::start(Router::new()).await;
    let tab = browser.open(&nodes.url_of_node(0, "/")).await;
    tab.shows("#state", "connected to node 1").await;
    let shown = "[...document.querySelectorAll('#messages li')].map((item) => item.textContent)";
    let has_all = async |messages: &[String]| tab.until_is(shown, json!(messages)).await;
    nodes.kill(0, has_all).await;
    tab.shows("#state", "connected to node 2").await;
    tab.keys("#text", "typed").await;
    tab.click("#form button").await;
    nodes.messages.push("node 2: typed".to_owned());
    has_all(&nodes.messages).await;
    nodes.kill(1, has_all).await;
    tab.shows("#state", "connected to node 1").await;
}
