use std::fmt;

use futures_util::Stream;
use pin_project::pin_project;

use super::{failure::Failure, item::EventItem, owed_pending::OwedPending};
use crate::{
    EncodeEvent, EncodedEvent, Encoder, Error, Event,
    report::StreamStats,
    wire::{FRAME_SIZE, Mark},
};

/// A stream of events as a response body.
///
/// The items are events (anything that is [`EncodeEvent`](crate::EncodeEvent)) or results of them.
/// It is an [`http_body::Body`], so it can be the body of any framework's response. It becomes a
/// whole response, with its headers, by `Response::from(stream)`; around that
/// [`SseLayer`](crate::SseLayer) adds heartbeats and the rest. A body put into a
/// `Response::new(stream)` has no `Content-Type`, so neither browser nor layer knows it.
///
/// ```
/// use futures_util::stream;
/// use http_body_util::BodyExt;
/// use tower_sse::{Event, EventStream};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let stream = EventStream::new(stream::iter([Event::new("one"), Event::new("two")]));
/// let response = http::Response::from(stream);
///
/// assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
/// let body = response.into_body().collect().await.unwrap().to_bytes();
/// assert_eq!(&body[..], b"data: one\n\ndata: two\n\n");
/// # }
/// ```
///
/// # Frames
///
/// A frame holds all events that are ready, up to [`frame_size`](Self::frame_size); it is never
/// held back to gather more. An [`EncodedEvent`] alone in a frame is not copied.
///
/// After the last event that is ready the body is pending once, so that the server flushes: an event
/// reaches the client before a stream that wakes itself goes on to compute the next. A stream that
/// computes without a pause never lets the server flush, whatever makes its body. Have it yield right
/// after each event, before it computes the next (`yield event; tokio::task::yield_now().await;`), or
/// compute in a task of its own.
///
/// # Errors
///
/// An error in the stream, an event that cannot be encoded, or a panic of either, makes the body fail
/// with an [`Error`], but only after every earlier event has been handed out and the server had a chance
/// to flush: the body is pending once. That does for HTTP/1. Over HTTP/2 hyper flushes in another
/// task, and drops what it has not written, the head included, when a body fails; there
/// [`SseLayer`](crate::SseLayer) gives it a tenth of a second. The connection or stream then breaks,
/// and the client reconnects. A client that reads so slowly that even then something waits for it
/// in the server does not get that.
///
/// Clients have their own ways: WebKit does not notice a stream that is reset over HTTP/2, so the layer
/// ends a stream there whose client resumes it ([`SseOptions::resumable`](crate::SseOptions::resumable)).
/// Some clients drop what they read together with the reset, which without `TCP_NODELAY` it often is.
/// [`error_event`](Self::error_event) ends the stream with an event instead, which loses nothing and is
/// noticed by all.
///
/// # Returning one
///
/// [`EventItem`] shows how to write one with `try_stream!` and the question mark.
///
/// In edition 2024 a function that returns `EventStream<impl Stream<Item = Event>>` captures the
/// lifetimes of all its parameters. Where the stream does not borrow from them, say so with
/// `impl Stream<Item = Event> + use<>`, or return a [`BoxEventStream`](crate::BoxEventStream). Servers want a stream that is
/// `Send` and `'static`; where axum finds only that a `Handler` is not one, that may be why.
///
/// ```
/// use futures_util::{Stream, stream};
/// use tower_sse::{Event, EventStream};
///
/// fn greet(name: &str) -> EventStream<impl Stream<Item = Event> + use<>> {
///     let greeting = Event::new(format!("hello {name}"));
///     EventStream::new(stream::iter([greeting]))
/// }
///
/// let stream = { let name = String::from("ada"); greet(&name) };
/// # let _ = stream;
/// ```
#[pin_project]
#[must_use = "a stream does nothing until it is a response's body"]
pub struct EventStream<S> {
    #[pin]
    pub(super) stream: S,
    pub(super) encoder: Encoder,
    /// The end of the last whole item.
    pub(super) item_end: Mark,
    pub(super) error_event: Option<MakeErrorEvent>,
    pub(super) final_event: Option<EncodedEvent>,
    pub(super) state: EventStreamState,
    /// Whether clients can get later what they miss, by the type that the events have had.
    pub(super) is_resumable: bool,
    /// For the `Pending` that ended the last frame.
    pub(super) pending: OwedPending,
    /// What the layers around are told.
    pub(super) stats: Option<StreamStats>,
    /// Run when the stream is gone: fields are dropped in their order.
    drop_guards: Vec<DropGuard>,
}

/// Runs a closure when it is dropped.
struct DropGuard(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}

pub(super) type MakeErrorEvent = Box<dyn FnOnce(Error) -> Event + Send + Sync>;

#[derive(Debug)]
pub(super) enum EventStreamState {
    Open,
    Failed(Failure<Error>),
    Ended,
}

impl<S> EventStream<S>
where
    S: Stream,
    S::Item: EventItem,
{
    /// Makes a body of a stream of events, or of results of events.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            encoder: Encoder::with_frame_size(FRAME_SIZE),
            item_end: Mark::default(),
            error_event: None,
            final_event: None,
            state: EventStreamState::Open,
            is_resumable: <S::Item as EventItem>::Event::is_resumable(),
            pending: OwedPending::default(),
            stats: None,
            drop_guards: Vec::new(),
        }
    }
}

impl<S> EventStream<S> {
    /// Sets the size, in bytes, from which on a frame is sent though more events are ready: 16 KiB
    /// by default, 0 for a frame to each event. An event is never split, so a frame can be larger
    /// by its last event; an [`EncodedEvent`] that would make it larger starts a new frame.
    pub fn frame_size(mut self, size: usize) -> Self {
        self.encoder.set_frame_size(size.max(1));
        self
    }

    /// Makes an event of an error, to be sent last before a clean end, in place of failing.
    ///
    /// A browser then reconnects, as it does after any end, unless the page closes the stream. The
    /// stream closes as [`CloseReason::Failed`](crate::CloseReason::Failed) all the same. What
    /// the stream yielded is the error's [`into_inner`](Error::into_inner); its own text says only
    /// that the stream failed.
    ///
    /// ```
    /// use futures_util::stream;
    /// # use http_body_util::BodyExt;
    /// use tower_sse::{BoxError, Event, EventName, EventStream};
    ///
    /// const FAILED: EventName = EventName::from_static("failed");
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let items: [Result<Event, BoxError>; 2] = [Ok(Event::new("one")), Err("no more".into())];
    /// let body = EventStream::new(stream::iter(items))
    ///     .error_event(|error| Event::new(error.into_inner().to_string()).name(FAILED));
    ///
    /// let bytes = body.collect().await.unwrap().to_bytes();
    /// assert_eq!(&bytes[..], b"data: one\n\nevent: failed\ndata: no more\n\n");
    /// # }
    /// ```
    ///
    /// If the closure panics, the stream fails in place of sending an event.
    pub fn error_event<F>(mut self, event: F) -> Self
    where
        F: FnOnce(Error) -> Event + Send + Sync + 'static,
    {
        self.error_event = Some(Box::new(event));
        self
    }

    /// Sends an event after the last one, by which a client can tell that the stream is finished:
    /// [`Event::close`], or what the client expects, such as `Event::new("[DONE]")`. It is sent when
    /// the stream itself comes to its end: not after an error, nor where a subscriber has lagged or
    /// the layer ends the stream, for such clients are to come back.
    pub fn final_event(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.final_event = Some(event.into());
        self
    }

    /// Runs a closure when the stream is dropped, whatever the reason: it has ended, its client has
    /// left, or it was never sent.
    ///
    /// A server drops the stream as soon as it notices that the client is gone, also while it is idle.
    /// The closure runs there, in the server's task: it must not block, and not panic.
    ///
    /// ```
    /// use futures_util::stream;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use tower_sse::EventStream;
    ///
    /// static HERE: AtomicUsize = AtomicUsize::new(0);
    ///
    /// HERE.fetch_add(1, Ordering::Relaxed);
    /// let stream = EventStream::new(stream::iter(["hello"]))
    ///     .on_drop(|| drop(HERE.fetch_sub(1, Ordering::Relaxed)));
    ///
    /// drop(stream);
    /// assert_eq!(HERE.load(Ordering::Relaxed), 0);
    /// ```
    pub fn on_drop(mut self, run: impl FnOnce() + Send + Sync + 'static) -> Self {
        self.drop_guards.push(DropGuard(Some(Box::new(run))));
        self
    }

    pub(super) fn map_stream<T>(self, map: impl FnOnce(S) -> T) -> EventStream<T> {
        EventStream {
            stream: map(self.stream),
            encoder: self.encoder,
            item_end: self.item_end,
            error_event: self.error_event,
            final_event: self.final_event,
            state: self.state,
            is_resumable: self.is_resumable,
            pending: self.pending,
            stats: self.stats,
            drop_guards: self.drop_guards,
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("stream", &self.stream)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
