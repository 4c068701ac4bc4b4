//! A stream whose events are always ready.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::routing::{MethodRouter, get};
use futures::stream;
use http::Response;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_sse::{Event, EventStream};

use crate::guard;

const DATA: usize = 16 * 1024;

/// With what stands around the data.
pub(crate) const EVENT: usize = "data: ".len() + DATA + "\n\n".len();

/// What is known of a stream.
pub(crate) struct Endless {
    events: Arc<AtomicUsize>,
    drops: UnboundedReceiver<()>,
}

/// Returns a handler of such streams, and what becomes of them.
pub(crate) fn endless() -> (MethodRouter, Endless) {
    let events = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&events);
    let (dropped, drops) = unbounded_channel();
    let handler = async move || {
        let signal = DropSignal(dropped);
        let events = stream::repeat_with(move || {
            let _ = &signal;
            count.fetch_add(1, Ordering::Relaxed);
            Event::new("x".repeat(DATA))
        });
        Response::from(EventStream::new(events))
    };
    (get(handler), Endless { events, drops })
}

/// Sends a message when it is dropped.
struct DropSignal(UnboundedSender<()>);

impl Drop for DropSignal {
    fn drop(&mut self) {
        // Some streams outlive their test.
        let _ = self.0.send(());
    }
}

impl Endless {
    /// Returns how many bytes the stream has handed out.
    pub(crate) fn bytes(&self) -> usize {
        self.events.load(Ordering::Relaxed) * EVENT
    }

    pub(crate) fn is_dropped(&self) -> bool {
        !self.drops.is_empty()
    }

    pub(crate) async fn dropped(&mut self) {
        guard(self.drops.recv()).await.unwrap();
    }
}
