//! The type of a stream of events, and its setters.

use std::fmt;

use futures_util::Stream;
use pin_project::pin_project;

use super::{failure::Failure, item::EventItem, owed_pending::OwedPending};
use crate::{
    EncodeEvent, EncodedEvent, Encoder, Error, Event,
    report::StreamLink,
    wire::{FRAME_SIZE, Mark},
};

/// A stream of events as a response body.
///
/// The items are events (any type that implements [`EncodeEvent`](crate::EncodeEvent)) or results of
/// them. It implements [`http_body::Body`], so it can be the body of any framework's response.
/// `Response::from(stream)` makes a whole response with the headers of an event stream, to which
/// [`SseLayer`](crate::SseLayer) adds heartbeats and the rest. `Response::new(stream)` has no
/// `Content-Type`, so neither browsers nor the layer recognize it.
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
/// reaches the client before a stream that wakes itself computes the next one. A stream that computes
/// without a pause never lets the server flush, whatever makes its body. Have it yield to the runtime
/// right after each event, before it computes the next (`yield event; tokio::task::yield_now().await;`),
/// or compute in a separate task.
///
/// # Errors
///
/// The body fails with an [`Error`] if the stream yields an error, if an event cannot be encoded, or if
/// either panics. Before that, the body hands out every earlier event and is pending once, so that the
/// server can flush. For HTTP/1 that is enough. Over HTTP/2 hyper flushes in another task, and when a
/// body fails it drops everything that it has not written, including the head; there
/// [`SseLayer`](crate::SseLayer) gives it a tenth of a second. Then the connection or stream breaks, and
/// the client reconnects. Events that even then wait in the server for a very slow client are lost.
///
/// Clients differ: WebKit does not notice a stream that is reset over HTTP/2, so there the layer ends the
/// stream cleanly if its client can resume it
/// ([`SseOptions::resumable`](crate::SseOptions::resumable)). Some clients drop the bytes that they read
/// together with the reset, which happens often without `TCP_NODELAY`.
/// [`error_event`](Self::error_event) ends the stream with an event instead, which loses nothing and which
/// every client notices.
///
/// # Returning a stream from a function
///
/// [`EventItem`] shows how to write one with `try_stream!` and the question mark.
///
/// In edition 2024 a function that returns `EventStream<impl Stream<Item = Event>>` captures the
/// lifetimes of all its parameters. If the stream does not borrow from them, write
/// `impl Stream<Item = Event> + use<>`, or return a [`BoxEventStream`](crate::BoxEventStream). Servers
/// require a stream that is `Send` and `'static`; if axum reports that a function does not implement
/// `Handler`, that may be the cause.
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
#[must_use = "a stream does nothing until it is the body of a response"]
pub struct EventStream<S> {
    #[pin]
    pub(super) stream: S,
    pub(super) encoder: Encoder,
    /// The end of the last whole item in the encoder, to which an item that fails is undone.
    pub(super) item_end: Mark,
    pub(super) error_event: Option<MakeErrorEvent>,
    pub(super) final_event: Option<EncodedEvent>,
    pub(super) state: EventStreamState,
    /// Whether clients can resume, by the type of the events before they were boxed.
    pub(super) is_resumable: bool,
    /// The `Pending` that ended the last frame, which the server has not seen yet.
    pub(super) pending: OwedPending,
    /// What the stream shares with the body of a layer around it. `None` if there is none.
    pub(super) link: Option<StreamLink>,
    /// Last, because fields are dropped in their order: the closures run after the stream is gone.
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
    /// Creates a body from a stream of events, or of results of events.
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
            link: None,
            drop_guards: Vec::new(),
        }
    }
}

impl<S> EventStream<S> {
    /// Sets the size, in bytes, at which a frame is sent although more events are ready.
    ///
    /// The default is 16 KiB; with 0 each event is a frame. An event is never split, so a frame can be
    /// larger by its last event. An [`EncodedEvent`] that would make the frame larger starts a new one.
    pub fn frame_size(mut self, size: usize) -> Self {
        self.encoder.set_frame_size(size.max(1));
        self
    }

    /// Sets a closure that makes an event of an error. The stream sends it and ends cleanly, instead of
    /// failing.
    ///
    /// A browser then reconnects, as it does after any end, unless the page closes the stream. The close
    /// reason is [`CloseReason::Failed`](crate::CloseReason::Failed) all the same. The error that the
    /// stream yielded is [`into_inner`](Error::into_inner); the text of [`Error`] itself says only that the
    /// stream failed.
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
    /// If the closure panics, the stream fails and sends no event.
    pub fn error_event<F>(mut self, event: F) -> Self
    where
        F: FnOnce(Error) -> Event + Send + Sync + 'static,
    {
        self.error_event = Some(Box::new(event));
        self
    }

    /// Sets an event that is sent after the last one, so that the client knows that the stream is
    /// complete.
    ///
    /// Use [`Event::close`], or the event that the client expects, such as `Event::new("[DONE]")`. It is
    /// sent only when the stream itself ends. It is not sent after an error, after a lag, or when the layer
    /// ends the stream, because then the stream is not complete: what is sent instead is a matter of
    /// [`error_event`](Self::error_event) and [`FinalEvents`](crate::FinalEvents).
    pub fn final_event(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.final_event = Some(event.into());
        self
    }

    /// Adds a closure that runs when the stream is dropped: after its end, after its client has left, or
    /// if it was never sent.
    ///
    /// A server drops the stream as soon as it notices that the client is gone, even while the stream is
    /// idle. The closure runs in the server's task: it must not block or panic.
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
            link: self.link,
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
