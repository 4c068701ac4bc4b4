use std::{net::SocketAddr, time::Instant};

use axum::{
    extract::ConnectInfo,
    routing::{MethodRouter, get},
};
use http::Version;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower_sse::{BoxError, Event, EventStream, LastEventId};

use crate::guard;

/// The streams of a route, as they are asked for.
pub(crate) struct Feed(UnboundedReceiver<Visit>);

type Items = UnboundedReceiverStream<Result<Event, BoxError>>;

/// A stream, which ends when this is dropped.
pub(crate) struct Visit {
    pub(crate) at: Instant,
    /// Of the browser: each of its connections has another.
    pub(crate) address: SocketAddr,
    pub(crate) version: Version,
    pub(crate) last_event_id: Option<String>,
    items: UnboundedSender<Result<Event, BoxError>>,
}

/// Makes a route whose streams the test writes.
pub(crate) fn feed<S: Clone + Send + Sync + 'static>() -> (MethodRouter<S>, Feed) {
    feed_of(|stream| stream)
}

/// Makes such a route, of streams that have been set.
pub(crate) fn feed_of<S: Clone + Send + Sync + 'static>(
    set: impl Fn(EventStream<Items>) -> EventStream<Items> + Clone + Send + Sync + 'static,
) -> (MethodRouter<S>, Feed) {
    let (sender, visits) = unbounded_channel();
    let visit = async move |ConnectInfo(address): ConnectInfo<SocketAddr>,
                            version: Version,
                            last_event_id: Option<LastEventId>| {
        let (items, stream) = unbounded_channel();
        let visit = Visit {
            at: Instant::now(),
            address,
            version,
            last_event_id: last_event_id.map(|id| id.as_str().to_owned()),
            items,
        };
        // Fails where the test is over.
        let _ = sender.send(visit);
        set(EventStream::new(UnboundedReceiverStream::new(stream)))
    };
    (get(visit), Feed(visits))
}

impl Feed {
    /// Waits for the next client.
    pub(crate) async fn next(&mut self) -> Visit {
        guard(self.0.recv()).await.unwrap()
    }

    /// Returns whether no client has come since the last that was asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Visit {
    pub(crate) fn send(&self, event: Event) {
        self.items.send(Ok(event)).unwrap();
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.items.is_closed()
    }

    /// Makes the stream fail.
    pub(crate) fn fail(self, why: &'static str) {
        self.items.send(Err(why.into())).unwrap();
    }
}
