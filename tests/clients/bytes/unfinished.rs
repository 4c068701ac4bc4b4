//! Streams that end before an event does.

use serde_json::Value;

use super::{
    check,
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
    server::{Answer, Server},
};
use crate::ends::reader::Reader;

const STREAMS: [&str; 2] = ["data: one\n\ndata: two", "data: one\n\ndata: two\n"];

/// What a client hears of each, and of what comes next.
type Row = (fn() -> Reader, [&'static str; 2]);

#[rustfmt::skip]
const NODE: &[Row] = &[
    (event_source_of_node,     ["one|", "one|"]),
    (eventsource,              ["one|", "one|"]),
    (event_source_polyfill,    ["one|", "one|"]),
    (reconnecting_eventsource, ["one|", "one|"]),
    (fetch_event_source,       ["one|", "one|"]),
];

#[rustfmt::skip]
const PYTHON: &[Row] = &[
    (httpx_sse,                ["onecomplete",    "onecomplete"]),
    (sseclient_py,             ["onetwocomplete", "onetwocomplete"]),
    (sseclient,                ["one|",           "onetwo\n|"]),
    (aiohttp_sse_client,       ["onetwo\n|",      "onetwo\n|"]),
];

#[rustfmt::skip]
const RUST: &[Row] = &[
    (reqwest_eventsource,      ["one|", "one|"]),
    (eventsource_client,       ["one|", "one|"]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_drop_an_unfinished_event() {
    read_unfinished(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_hear_an_unfinished_event() {
    read_unfinished(PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_drop_an_unfinished_event() {
    read_unfinished(RUST).await;
}

async fn read_unfinished(rows: &[Row]) {
    let read = async |(start, expected): &Row| {
        let reader = start();
        let mut wrong = Vec::new();
        for (stream, expected) in STREAMS.into_iter().zip(expected) {
            let server = Server::start([Answer::stream(stream), Answer::open("data: |\n\n")]).await;
            reader.read(&server.url);
            let is_over = |said: &[Value]| {
                let last = said.last();
                last.is_some_and(|line| !line["end"].is_null() || is_next(line))
            };
            let heard = heard(&reader.until(&server.url, is_over).await);
            if heard != *expected {
                wrong.push(format!("{stream:?}, {expected:?} expected: {heard:?}"));
            }
        }
        wrong
    };
    check(rows, read).await;
}

/// Returns `true` for the next answer, to which a half event may be glued.
fn is_next(line: &Value) -> bool {
    line["text"]
        .as_str()
        .is_some_and(|text| text.ends_with('|'))
}

fn heard(said: &[Value]) -> String {
    let said = said.iter();
    let text = said.filter_map(|line| line["text"].as_str().or(line["end"].as_str()));
    text.collect()
}
