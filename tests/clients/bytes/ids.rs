//! The ids that clients send when they come back.

use futures::future::join_all;

use super::{
    check,
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
    let read = async |(start, expected): &Row| {
        let reader = &start();
        let streams = [CHECKPOINT, ID_ALONE].map(|notice| [[notice, EVENT], [EVENT, notice]]);
        let streams = streams.concat();
        let visits = streams
            .iter()
            .map(|blocks| come_back_after(reader, blocks.concat()));
        let visits = join_all(visits).await;
        let sent: Vec<_> = visits.iter().map(sent).collect();
        let wrong = (sent != expected.concat()).then(|| format!("{expected:?} expected: {sent:?}"));
        wrong.into_iter().collect()
    };
    check(rows, read).await;
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
