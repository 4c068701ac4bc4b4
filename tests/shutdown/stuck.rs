//! Clients that do not read: they hold the server, but only until the deadline.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use futures::stream;
use tokio::sync::mpsc::{self, UnboundedSender};
use tower_sse::{EncodedEvent, Event, EventStream, Shutdown};

use crate::{
    alone,
    clients::{self, ends, open},
    guard,
    http2::{self, Connection},
    server::{app, listen},
};

/// How many clients do not read.
const STUCK: usize = 3;

/// How many do.
const READING: usize = 20;

const DEADLINE: Duration = Duration::from_secs(1);

/// More than the buffers of both sockets hold, so that the server is stuck with the first event that
/// it sends.
const EVENT: usize = 64 << 20;

/// How many events hyper has taken from a stream when it is stuck: one to send, and over HTTP/2
/// another to have it at hand.
const HTTP_1_1: usize = 1;
const HTTP_2: usize = 2;

/// Serves `/big`, an endless stream of large events, and reports each.
fn big(taken: UnboundedSender<()>) -> Router {
    let event = EncodedEvent::from(Event::new("x".repeat(EVENT)));
    let stream = async move || {
        let events = stream::repeat_with(move || {
            taken.send(()).unwrap();
            event.clone()
        });
        http::Response::from(EventStream::new(events))
    };
    Router::new().route("/big", get(stream))
}

/// Runs a server, some of whose clients do not read what they asked for.
fn ends_at_the_deadline<C>(events: usize, ask: impl AsyncFn(SocketAddr) -> C) {
    alone(async {
        let (taken, mut takes) = mpsc::unbounded_channel();
        let shutdown = Shutdown::new();
        let app = app(big(taken), &shutdown);
        let (listener, address) = listen().await;
        let (serve, deadline) = (
            axum::serve(listener, app).with_graceful_shutdown(shutdown.triggered()),
            shutdown.deadline(DEADLINE),
        );
        let end = tokio::spawn(async {
            tokio::select! {
                _ = serve => None,
                left = deadline => Some(left),
            }
        });

        let reading = open(READING, address).await;
        let mut stuck = Vec::new();
        for _ in 0..STUCK {
            stuck.push(ask(address).await);
            for _ in 0..events {
                guard(takes.recv()).await.unwrap();
            }
        }
        assert_eq!(shutdown.open_stream_count(), READING + STUCK);

        let start = Instant::now();
        shutdown.trigger();
        ends(reading).await;
        assert!(!end.is_finished(), "clients that read need not wait");
        assert_eq!(guard(end).await.unwrap(), Some(STUCK));
        let took = start.elapsed();
        assert!((DEADLINE..2 * DEADLINE).contains(&took), "{took:?}");
        drop(stuck);
    });
}

#[test]
fn a_socket_of_http_1_1_that_is_not_read_holds_the_server_until_the_deadline() {
    ends_at_the_deadline(HTTP_1_1, async |address| {
        clients::ask("/big", address).await
    });
}

#[test]
fn a_socket_of_http_2_that_is_not_read_holds_the_server_until_the_deadline() {
    ends_at_the_deadline(HTTP_2, async |address| http2::ask(b"/big", address).await);
}

/// The client reads its socket, but not this stream.
#[test]
fn a_window_of_http_2_that_is_not_opened_holds_the_server_until_the_deadline() {
    ends_at_the_deadline(HTTP_2, async |address| {
        let mut connection = Connection::open(address).await;
        let response = connection.get("/big").await;
        (connection, response)
    });
}
