//! Streams that come when the shutdown has begun.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, routing::get};
use futures::stream;
use tokio::sync::Notify;
use tower_sse::{Event, EventStream, Shutdown};

use crate::{
    alone,
    clients::{Client, last_retry, retries},
    curl::Curl,
    guard,
    http2::{Connection, body},
    server::{Server, app, listen},
};

#[track_caller]
fn assert_empty_stream(body: &str) {
    let time = last_retry(body);
    let expected = 2000..=10_000;
    assert!(
        time.is_some_and(|time| expected.contains(&time)),
        "{body:?}"
    );
}

/// Serves `/stop`, which begins the shutdown. Not gracefully: then a connection would take no second
/// request.
async fn serve_with_stop() -> SocketAddr {
    let shutdown = Shutdown::new();
    let on_stop = shutdown.clone();
    let stop = async move || {
        on_stop.trigger();
        "stopped\n"
    };
    let app = app(Router::new().route("/stop", get(stop)), &shutdown);
    let (listener, address) = listen().await;
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[test]
#[ignore = "needs curl; `tests/all` runs it"]
fn a_second_request_of_a_connection_of_http_1_1_gets_an_empty_stream() {
    alone(async {
        let address = serve_with_stop().await;
        let curl = Curl::start(&[
            "--write-out",
            "%{http_code} %{content_type}, connections: %{num_connects}\n",
            &format!("http://{address}/stop"),
            &format!("http://{address}/sse"),
        ]);
        let text = curl.end().await;
        let first = "stopped\n200 text/plain; charset=utf-8, connections: 1\n";
        let second = "200 text/event-stream; charset=utf-8, connections: 0\n";
        let rejected = text
            .strip_prefix(first)
            .and_then(|rest| rest.strip_suffix(second));
        assert_empty_stream(rejected.unwrap_or_else(|| panic!("{text}")));
    });
}

#[test]
fn a_second_request_of_a_connection_of_http_2_gets_an_empty_stream() {
    alone(async {
        let mut connection = Connection::open(serve_with_stop().await).await;
        let stopped = connection.get("/stop").await;
        assert_eq!(body(stopped).await, "stopped\n");
        let rejected = connection.get("/sse").await;
        assert_eq!(
            rejected.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        assert_empty_stream(&body(rejected).await);
        assert!(!connection.task.is_finished());
    });
}

#[test]
fn a_response_that_was_being_made_ends_at_once_and_then_the_server() {
    alone(async {
        let (called, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (calls, goes_on) = (Arc::clone(&called), Arc::clone(&go_on));
        let slow = async move || {
            calls.notify_one();
            goes_on.notified().await;
            http::Response::from(EventStream::new(stream::pending::<Event>()))
        };
        let shutdown = Shutdown::new();
        let others = Router::new().route("/slow", get(slow));
        let server = Server::axum(app(others, &shutdown), &shutdown).await;

        let client = Client::ask("/slow", server.address).await;
        guard(called.notified()).await;
        shutdown.trigger();
        go_on.notify_one();

        // Its request came before, so it opens, and ends as others do.
        let (first, last) = retries(&guard(client.body()).await);
        assert!((2000..=5000).contains(&first) && (2000..=10_000).contains(&last));
        guard(server.serving).await.unwrap();
        assert_eq!(guard(shutdown.drained()).await, 0);
    });
}
