//! HTTP/1.0, where a body ends with its connection.

use std::{io::ErrorKind, time::Duration};

use axum::{Router, routing::post};
use futures::stream;
use http::Response;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tower_sse::{Event, EventStream, Lifetime, SseLayer};

use crate::{
    guard,
    server::{Server, listen},
};

const POST: &str = "POST / HTTP/1.0\r\nhost: localhost\r\n\r\n";

/// Serves streams that are cut in the middle, since nobody resumes them.
fn app() -> Router {
    let silence = async || Response::from(EventStream::new(stream::pending::<Event>()));
    let layer = SseLayer::new().max_lifetime(Lifetime::new(Duration::from_millis(10)));
    Router::new().route("/", post(silence)).layer(layer)
}

/// Reads to the end, and returns what that looks like, and what came before.
async fn end(address: std::net::SocketAddr) -> (std::io::Result<()>, String) {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(POST.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = guard(client.read_to_end(&mut bytes)).await;
    (read.map(drop), String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn resets_the_connection_of_a_stream_that_is_cut() {
    let address = Server::new(None).serve(app()).await;
    let (end, text) = end(address).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    // Nothing is lost that came before.
    assert!(text.starts_with("HTTP/1.0 200 OK\r\n"), "{text}");
    assert!(text.contains("\r\n\r\nretry: "), "{text}");
}

#[tokio::test]
async fn cannot_show_it_without_the_socket() {
    let (listener, address) = listen("127.0.0.1").await;
    tokio::spawn(async { axum::serve(listener, app()).await });
    let (end, _) = end(address).await;
    assert!(end.is_ok());
}
