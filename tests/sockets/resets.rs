//! Streams that are cut where a client may take the end of the connection for that of the stream:
//! over HTTP/1.0, where a body ends with its connection, and in WebKit over HTTP/1.1.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use axum::{Router, routing::any};
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

const ACCEPT: &str = "accept: text/event-stream\r\nconnection: close";
const VERSIONS: [&str; 2] = ["HTTP/1.0", "HTTP/1.1"];

/// Serves streams that are cut in the middle, since nobody resumes them.
fn app() -> Router {
    let silence = async || Response::from(EventStream::new(stream::pending::<Event>()));
    let layer = SseLayer::new().max_lifetime(Lifetime::new(Duration::from_millis(10)));
    Router::new().route("/", any(silence)).layer(layer)
}

/// Reads to the end, and returns what that looks like, and what came before.
async fn end(method: &str, version: &str, address: SocketAddr) -> (std::io::Result<()>, String) {
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} / {version}\r\nhost: localhost\r\n{ACCEPT}\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = guard(client.read_to_end(&mut bytes)).await;
    (read.map(drop), String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn resets_the_connection_of_a_stream_that_is_cut() {
    let address = Server::new(None).serve(app()).await;
    for version in VERSIONS {
        let (end, text) = end("POST", version, address).await;
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        // Nothing is lost that came before.
        assert!(text.starts_with(&format!("{version} 200 OK\r\n")), "{text}");
        assert!(text.contains("retry: "), "{text}");
    }
}

#[tokio::test]
async fn does_not_reset_what_a_client_resumes() {
    let address = Server::new(None).serve(app()).await;
    for version in VERSIONS {
        assert!(end("GET", version, address).await.0.is_ok());
    }
}

#[tokio::test]
async fn cannot_show_it_without_the_socket() {
    let (listener, address) = listen("127.0.0.1").await;
    tokio::spawn(async { axum::serve(listener, app()).await });
    for version in VERSIONS {
        assert!(end("POST", version, address).await.0.is_ok());
    }
}
