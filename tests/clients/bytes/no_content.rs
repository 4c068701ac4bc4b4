//! 204, which asks a client not to come back, and which clients do all the same.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::{
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
    server::{Answer, Server},
};
use crate::ends::reader::Reader;

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn no_content_stops_event_sources() {
    stops(&[event_source_of_node, eventsource]).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn what_replaces_event_sources_reconnects_after_no_content() {
    comes_back(&[
        event_source_polyfill,
        reconnecting_eventsource,
        fetch_event_source,
    ])
    .await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn no_content_is_an_error_to_aiohttp_sse_client() {
    stops(&[aiohttp_sse_client]).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn sseclient_reconnects_after_no_content() {
    comes_back(&[sseclient]).await;
}

#[tokio::test]
async fn no_content_stops_reqwest_eventsource() {
    stops(&[reqwest_eventsource]).await;
}

#[tokio::test]
async fn eventsource_client_reconnects_after_no_content() {
    comes_back(&[eventsource_client]).await;
}

async fn read(start: fn() -> Reader) -> (Reader, Server) {
    let stream = Answer::stream("retry: 50\ndata: one\n\n");
    let server = Server::start([stream, Answer::no_content()]).await;
    let reader = start();
    reader.read(&server.url);
    (reader, server)
}

async fn stops(clients: &[fn() -> Reader]) {
    let clients = clients.iter().map(|start| async {
        let (reader, server) = read(*start).await;
        let is_over = |line: &Value| line["closed"] == true || !line["error"].is_null();
        let is_over = |said: &[Value]| said.iter().any(is_over);
        reader.until(&server.url, is_over).await;
        // Many times as long as it was to wait.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(server.count(), 2);
    });
    join_all(clients).await;
}

async fn comes_back(clients: &[fn() -> Reader]) {
    let clients = clients.iter().map(|start| async {
        let (_reader, server) = read(*start).await;
        server.visits(4).await;
    });
    join_all(clients).await;
}
