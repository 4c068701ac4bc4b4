//! The ids that clients send when they come back.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::{
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
    server::{Answer, Server, Visit},
};
use crate::ends::reader::Reader;

const CHECKPOINT: &str = "event: checkpoint\ndata: \nid: k-1\n\n";
const ID_ALONE: &str = "id: k-1\n\n";
const EVENT: &str = "data: one\n\n";

/// How a client sends the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// As the header `Last-Event-ID`.
    Header,
    /// As `lastEventId` in the query.
    Query,
    Never,
}

use Sent::{Header, Never, Query};

/// What a client sends after a checkpoint, and after a block of an id alone: each with an event after it, and as the
/// last of the stream.
type Row = (fn() -> Reader, [[Sent; 2]; 2]);

#[rustfmt::skip]
const NODE: &[Row] = &[
    (event_source_of_node,     [[Header, Header], [Header, Header]]),
    (eventsource,              [[Header, Header], [Header, Header]]),
    (event_source_polyfill,    [[Query,  Query],  [Query,  Never]]),
    (reconnecting_eventsource, [[Header, Header], [Header, Header]]),
    (fetch_event_source,       [[Header, Header], [Header, Header]]),
];

#[rustfmt::skip]
const PYTHON: &[Row] = &[
    (sseclient,                [[Header, Header], [Header, Header]]),
    (aiohttp_sse_client,       [[Header, Header], [Header, Header]]),
];

#[rustfmt::skip]
const RUST: &[Row] = &[
    (reqwest_eventsource,      [[Header, Header], [Header, Never]]),
    (eventsource_client,       [[Header, Header], [Header, Never]]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_send_the_id_of_a_checkpoint() {
    come_back(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_send_the_id_of_a_checkpoint() {
    come_back(PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_send_the_id_of_a_checkpoint() {
    come_back(RUST).await;
}

async fn come_back(rows: &[Row]) {
    let rows = rows.iter().map(|(start, sent)| async move {
        let reader = start();
        let notices = [CHECKPOINT, ID_ALONE];
        let cases = notices.into_iter().flat_map(|notice| {
            let streams = [[notice, EVENT], [EVENT, notice]];
            streams.map(|blocks| blocks.concat())
        });
        let visits = cases.map(|stream| come_back_after(&reader, stream));
        let found = join_all(visits).await;
        (found, sent.concat())
    });
    for (row, (found, expected)) in join_all(rows).await.into_iter().enumerate() {
        let found: Vec<_> = found.iter().map(sent).collect();
        assert_eq!(found, expected, "row {row}");
    }
}

/// Returns what a client sends when it comes back after this stream.
async fn come_back_after(reader: &Reader, stream: String) -> Visit {
    let server = Server::start([Answer::stream(stream), Answer::open("")]).await;
    reader.read(&server.url);
    server.visits(2).await.swap_remove(1)
}

fn sent(visit: &Visit) -> Sent {
    match (visit.header.as_deref(), visit.query.as_deref()) {
        (Some(b"k-1"), None) => Header,
        (None, Some("lastEventId=k-1")) => Query,
        // reqwest-eventsource sends an empty header.
        (None | Some(b""), None) => Never,
        _ => panic!("{visit:?}"),
    }
}

/// An id within Latin-1, and one beyond it.
const LATIN: &str = "data: one\nid: k-é\n\n";
const BEYOND: &str = "data: one\nid: k-→\n\n";

const LATIN_IN_UTF_8: Beyond = As(b"k-\xc3\xa9");
const LATIN_IN_LATIN_1: Beyond = As(b"k-\xe9");
const BEYOND_IN_UTF_8: Beyond = As(b"k-\xe2\x86\x92");
const NO_BYTE_STRING: Beyond = Throws("Cannot convert argument to a ByteString");

/// What a client does with an id beyond ASCII when it comes back.
#[derive(Clone, Copy, Debug)]
enum Beyond {
    /// It sends these bytes in the header.
    As(&'static [u8]),
    /// It sends the id in the query, which has this.
    Encoded(&'static str),
    /// It says this error instead.
    Throws(&'static str),
    /// It does not come back, and says nothing.
    IsGone,
}

use Beyond::{As, Encoded, IsGone, Throws};

type BeyondRow = (fn() -> Reader, [Beyond; 2]);

#[rustfmt::skip]
const BEYOND_OF_NODE: &[BeyondRow] = &[
    (event_source_of_node,     [LATIN_IN_LATIN_1, IsGone]),
    (eventsource,              [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
    (event_source_polyfill,    [Encoded("k-%C3%A9"), Encoded("k-%E2%86%92")]),
    (reconnecting_eventsource, [LATIN_IN_LATIN_1, IsGone]),
    (fetch_event_source,       [LATIN_IN_LATIN_1, NO_BYTE_STRING]),
];

#[rustfmt::skip]
const BEYOND_OF_PYTHON: &[BeyondRow] = &[
    (httpx_sse_again,          [Throws("'ascii' codec can't encode"), Throws("'ascii' codec can't encode")]),
    (sseclient,                [LATIN_IN_LATIN_1, Throws("UnicodeEncodeError('latin-1'")]),
    (aiohttp_sse_client,       [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
];

#[rustfmt::skip]
const BEYOND_OF_RUST: &[BeyondRow] = &[
    (reqwest_eventsource,      [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
    (eventsource_client,       [LATIN_IN_UTF_8, BEYOND_IN_UTF_8]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_differ_about_ids_beyond_ascii() {
    come_back_beyond_ascii(BEYOND_OF_NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_differ_about_ids_beyond_ascii() {
    come_back_beyond_ascii(BEYOND_OF_PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_send_ids_beyond_ascii_in_utf_8() {
    come_back_beyond_ascii(BEYOND_OF_RUST).await;
}

async fn come_back_beyond_ascii(rows: &[BeyondRow]) {
    let rows = rows
        .iter()
        .enumerate()
        .map(|(row, (start, expected))| async move {
            let reader = start();
            for (stream, expected) in [LATIN, BEYOND].into_iter().zip(expected) {
                let is_right = does(&reader, stream, *expected).await;
                assert!(is_right, "row {row}, {expected:?}");
            }
        });
    join_all(rows).await;
}

async fn does(reader: &Reader, stream: &str, expected: Beyond) -> bool {
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
            tokio::time::sleep(Duration::from_millis(1500)).await;
            server.count() == 1
        }
    }
}
