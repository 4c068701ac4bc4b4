//! hyper-util's `GracefulShutdown`, which by itself would wait for the streams for ever.

use std::{future::Future, time::Instant};

use axum::Router;
use futures::future::join_all;
use tower_sse::Shutdown;

use crate::{
    AT_ONCE, alone,
    clients::{assert_spread, ends, open, retries},
    curl::Curl,
    descriptors, guard,
    http2::Connection,
    server::{Server, app},
};

/// How many streams there are, beside that of curl.
const STREAMS: usize = 200;

/// Over how many connections of HTTP/2 they come.
const CONNECTIONS: usize = 4;

#[test]
#[ignore = "needs curl; `tests/all` runs it"]
fn streams_of_http_1_1_end_cleanly_and_the_server_with_them() {
    alone(async {
        descriptors::allow(2 * STREAMS);
        let shutdown = Shutdown::new();
        let server = Server::hyper(app(Router::new(), &shutdown), &shutdown).await;
        let clients = open(STREAMS, server.address).await;
        end_all("--http1.1", server, shutdown, ends(clients)).await;
    });
}

#[test]
#[ignore = "needs curl; `tests/all` runs it"]
fn streams_of_http_2_end_cleanly_and_the_server_with_them() {
    alone(async {
        let shutdown = Shutdown::new();
        let server = Server::hyper(app(Router::new(), &shutdown), &shutdown).await;
        let (mut connections, mut streams) = (Vec::new(), Vec::new());
        for _ in 0..CONNECTIONS {
            let mut connection = Connection::open(server.address).await;
            for _ in 0..STREAMS / CONNECTIONS {
                streams.push(connection.stream().await);
            }
            connections.push(connection);
        }
        let ends = async {
            let bodies = join_all(streams.into_iter().map(|stream| stream.end())).await;
            bodies.iter().map(|body| retries(body).1).collect()
        };
        end_all("--http2-prior-knowledge", server, shutdown, ends).await;
        for connection in connections {
            guard(connection.task).await.unwrap().unwrap();
        }
    });
}

/// Begins the shutdown, with a stream of curl's beside the others.
async fn end_all(
    version: &str,
    server: Server,
    shutdown: Shutdown,
    ends: impl Future<Output = Vec<u32>>,
) {
    let mut curl = Curl::start(&[version, &format!("http://{}/sse", server.address)]);
    curl.begin().await;
    assert_eq!(shutdown.open_stream_count(), STREAMS + 1);

    let start = Instant::now();
    shutdown.trigger();
    let serving = async {
        guard(server.serving).await.unwrap();
        start.elapsed()
    };
    let (took, last, curl) = tokio::join!(serving, ends, curl.end());
    assert!(took < AT_ONCE, "{took:?}");
    assert_spread(&last);
    assert_eq!(last.len(), STREAMS);
    let (first, last) = retries(&curl);
    assert!((2000..=5000).contains(&first) && (2000..=10_000).contains(&last));
    assert_eq!(guard(shutdown.drained()).await, STREAMS + 1);
}
