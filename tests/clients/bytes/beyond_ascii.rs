//! Ids beyond ASCII, and what clients send of them when they come back.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::{
    check,
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
    server::{Answer, Server},
};
use crate::ends::reader::Reader;

/// An id within Latin-1, and one beyond it.
const LATIN: &str = "data: one\nid: k-é\n\n";
const BEYOND: &str = "data: one\nid: k-→\n\n";

const LATIN_IN_UTF_8: Sent = As(b"k-\xc3\xa9");
const LATIN_IN_LATIN_1: Sent = As(b"k-\xe9");
const BEYOND_IN_UTF_8: Sent = As(b"k-\xe2\x86\x92");
const NO_BYTE_STRING: Sent = Throws("Cannot convert argument to a ByteString");

/// What a client does with an id beyond ASCII when it comes back.
#[derive(Clone, Copy, Debug)]
enum Sent {
    /// It sends these bytes in the header.
    As(&'static [u8]),
    /// It sends the id in the query, which has this.
    Encoded(&'static str),
    /// It says this error instead.
    Throws(&'static str),
    /// It does not come back, and says nothing.
    IsGone,
}

use Sent::{As, Encoded, IsGone, Throws};

type Row = (fn() -> Reader, [Sent; 2]);

#[rustfmt::skip]
const NODE: &[Row] = &[
    (event_source_of_node,     [LATIN_IN_LATIN_1, IsGone]),
    (eventsource,              [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
    (event_source_polyfill,    [Encoded("k-%C3%A9"), Encoded("k-%E2%86%92")]),
    (reconnecting_eventsource, [LATIN_IN_LATIN_1, IsGone]),
    (fetch_event_source,       [LATIN_IN_LATIN_1, NO_BYTE_STRING]),
];

#[rustfmt::skip]
const PYTHON: &[Row] = &[
    (httpx_sse_again,          [Throws("'ascii' codec can't encode"), Throws("'ascii' codec can't encode")]),
    (sseclient,                [LATIN_IN_LATIN_1, Throws("UnicodeEncodeError('latin-1'")]),
    (aiohttp_sse_client,       [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
];

#[rustfmt::skip]
const RUST: &[Row] = &[
    (reqwest_eventsource,      [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
    (eventsource_client,       [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_differ_about_ids_beyond_ascii() {
    come_back(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_differ_about_ids_beyond_ascii() {
    come_back(PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_send_ids_beyond_ascii_in_utf_8() {
    come_back(RUST).await;
}

async fn come_back(rows: &[Row]) {
    let read = async |(start, expected): &Row| {
        let reader = start();
        let mut wrong = Vec::new();
        for (stream, expected) in [LATIN, BEYOND].into_iter().zip(expected) {
            if !does(&reader, stream, *expected).await {
                wrong.push(format!("{expected:?} expected after {stream:?}"));
            }
        }
        wrong
    };
    check(rows, read).await;
}

async fn does(reader: &Reader, stream: &str, expected: Sent) -> bool {
    let stream = Answer::stream(format!("retry: 50\n{stream}"));
    let stream = stream.content_type("text/event-stream; charset=utf-8");
    let server = Server::start([stream, Answer::open("")]).await;
    reader.read(&server.url);
    match expected {
        As(bytes) => server.visits(2).await[1].header.as_deref() == Some(bytes),
        Encoded(id) => {
            let query = server.visits(2).await.swap_remove(1).query;
            query == Some(format!("lastEventId={id}"))
        }
        Throws(error) => {
            let is_said = |line: &Value| {
                let message = line["error"].as_str().or(line["message"].as_str());
                message.is_some_and(|message| message.contains(error))
            };
            let said = |said: &[Value]| said.iter().any(is_said);
            reader.until(&server.url, said).await;
            server.count() == 1
        }
        IsGone => {
            server.visits(1).await;
            // Many times as long as it was to wait.
            sleep(Duration::from_millis(1500)).await;
            server.count() == 1
        }
    }
}
