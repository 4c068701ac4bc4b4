//! A `retry` at the end of a stream.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::sleep;

use super::{
    check,
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
    server::{Answer, Server},
};
use crate::ends::reader::Reader;

/// How a server can send a last `retry`: with no blank line, with one, and as an event that nobody listens to.
/// It is longer than any client waits by itself.
const FINAL_RETRIES: [&str; 3] = [
    "retry: 60000\n",
    "retry: 60000\n\n",
    "event: nobody\ndata: \nretry: 60000\n\n",
];

/// Longer than any waits without a retry.
const LONGER: Duration = Duration::from_secs(5);

/// Whether a client keeps to each.
type Row = (fn() -> Reader, [bool; 3]);

#[rustfmt::skip]
const NODE: &[Row] = &[
    (event_source_of_node,     [false, true,  true]),
    (eventsource,              [true,  true,  true]),
    (event_source_polyfill,    [true,  true,  true]),
    (reconnecting_eventsource, [false, true,  true]),
    (fetch_event_source,       [true,  true,  true]),
];

#[rustfmt::skip]
const PYTHON: &[Row] = &[
    (sseclient,                [false, true,  true]),
    (aiohttp_sse_client,       [true,  true,  true]),
];

#[rustfmt::skip]
const RUST: &[Row] = &[
    (reqwest_eventsource,      [false, false, true]),
    (eventsource_client,       [false, false, true]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_keep_to_a_retry_of_an_event() {
    keep_to_final_retries(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_keep_to_a_retry_of_an_event() {
    keep_to_final_retries(PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_keep_to_a_retry_of_an_event() {
    keep_to_final_retries(RUST).await;
}

async fn keep_to_final_retries(rows: &[Row]) {
    let read = async |(start, expected): &Row| {
        let reader = &start();
        let cases = FINAL_RETRIES.into_iter().zip(expected);
        let cases = cases.map(|(final_retry, keeps)| read_one(reader, final_retry, *keeps));
        join_all(cases).await.into_iter().flatten().collect()
    };
    check(rows, read).await;
}

/// Returns what is wrong with what a client does.
async fn read_one(reader: &Reader, final_retry: &str, keeps: bool) -> Option<String> {
    let stream = Answer::stream(format!("data: one\n\n{final_retry}"));
    let server = Server::start([stream, Answer::open("")]).await;
    reader.read(&server.url);
    if !keeps {
        server.visits(2).await;
        return None;
    }
    server.visits(1).await;
    sleep(LONGER).await;
    (server.count() > 1).then(|| format!("it reconnects after {final_retry:?}"))
}
