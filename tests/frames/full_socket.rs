//! A stream that goes on while the socket is full, so that hyper has no use for it.

use std::{
    convert::Infallible,
    future::ready,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
};
use http::Response;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::task::yield_now;
use tower_sse::{EncodedEvent, Event, EventStream, Heartbeat, SseLayer};

use crate::{
    feed::adopt,
    server::{self, Http, next, serve},
};

/// More than a socket holds.
const LARGE: usize = 16 << 20;

/// Counts how often it is polled.
struct Counted {
    events: UnboundedReceiver<EncodedEvent>,
    polls: Arc<AtomicUsize>,
}

impl Stream for Counted {
    type Item = EncodedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<EncodedEvent>> {
        self.polls.fetch_add(1, SeqCst);
        self.events.poll_next_unpin(cx)
    }
}

/// How the stream becomes a body.
#[derive(Clone, Copy, Debug)]
enum Way {
    Typed,
    Layered,
    Adopted,
}

fn response(way: Way, events: Counted) -> Response<Body> {
    match way {
        Way::Typed | Way::Layered => Response::from(EventStream::new(events)).map(Body::new),
        Way::Adopted => {
            let frame = |event| Ok::<_, Infallible>(Frame::data(Bytes::from(event)));
            adopt(Body::new(StreamBody::new(events.map(frame))))
        }
    }
}

/// Answers one request.
fn app(way: Way, events: Counted) -> Router {
    let response = Arc::new(Mutex::new(Some(response(way, events))));
    let app = Router::new().route(
        "/",
        get(move || ready(response.lock().unwrap().take().unwrap())),
    );
    match way {
        Way::Typed => app,
        Way::Layered | Way::Adopted => app.layer(SseLayer::new().heartbeat(Heartbeat::off())),
    }
}

async fn an_event_comes_although_its_wake_up_has_passed(http: Http, way: Way) {
    let (sender, events) = unbounded();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Counted {
        events,
        polls: Arc::clone(&polls),
    };
    let send = |text: &str| {
        sender
            .unbounded_send(Event::new(text.to_owned()).into())
            .unwrap()
    };
    let address = serve(app(way, counted)).await;

    // Two first, so that the stream knows of its own wake-ups.
    send("1");
    let mut body = server::get(http, address, "/").await;
    let mut read = Vec::new();
    while !read.ends_with(b"data: 1\n\n") {
        read.extend(next(&mut body).await);
    }
    send(&"x".repeat(LARGE));
    read.clear();
    read.extend(next(&mut body).await);
    // hyper takes one frame more over HTTP/2, and none over HTTP/1.1.
    send("2");
    let_the_server_run().await;
    let before = polls.load(SeqCst);
    send("3");
    let_the_server_run().await;
    assert_eq!(
        polls.load(SeqCst),
        before,
        "{http:?}, {way:?}: the socket is full"
    );
    while !read.ends_with(b"data: 3\n\n") {
        read.extend(next(&mut body).await);
    }
    assert_eq!(
        read.len(),
        "data: \n\n".len() + LARGE + "data: 2\n\ndata: 3\n\n".len()
    );
}

/// The server's tasks run in this thread, and have been woken.
async fn let_the_server_run() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn an_event_comes_without_a_heartbeat() {
    for http in [Http::One, Http::Two] {
        for way in [Way::Typed, Way::Layered, Way::Adopted] {
            an_event_comes_although_its_wake_up_has_passed(http, way).await;
        }
    }
}
