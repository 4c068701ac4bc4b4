//! Streams that a shutdown lets finish.

use std::sync::{Arc, Mutex};

use axum::{Router, response::IntoResponse, routing::get};
use futures::channel::mpsc;
use tower_sse::{Event, EventStream, Shutdown, ShutdownPolicy, SseOptions};

use crate::{
    alone,
    clients::{Client, ends, open},
    guard,
    server::{Server, app},
};

#[test]
fn a_stream_that_is_to_finish_does_and_then_the_server_ends() {
    alone(async {
        let (feed, events) = mpsc::unbounded();
        let events = Arc::new(Mutex::new(Some(events)));
        let finish = async move || {
            let events = EventStream::new(events.lock().unwrap().take().unwrap());
            let mut response = http::Response::from(events).into_response();
            let options = SseOptions::new().shutdown_policy(ShutdownPolicy::drain());
            response.extensions_mut().insert(options);
            response
        };
        let shutdown = Shutdown::new();
        let others = Router::new().route("/finish", get(finish));
        let server = Server::axum(app(others, &shutdown), &shutdown).await;
        let idle = open(1, server.address).await;
        let mut finishing = Client::open("/finish", server.address).await;

        shutdown.trigger();
        ends(idle).await;
        for data in ["one", "two"] {
            feed.unbounded_send(Event::new(data)).unwrap();
            guard(finishing.read_past(data, "\n\n\r\n")).await;
            assert_eq!(shutdown.open_stream_count(), 1);
            assert!(!server.serving.is_finished());
        }
        drop(feed);
        let body = guard(finishing.body()).await;
        let (retry, events) = body.split_once('\n').unwrap();
        assert!(retry.starts_with("retry: "));
        assert_eq!(events, "data: one\n\ndata: two\n\n");
        guard(server.serving).await.unwrap();
        assert_eq!(guard(shutdown.drained()).await, 2);
    });
}
