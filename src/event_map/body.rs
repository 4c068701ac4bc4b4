use std::fmt;

use http::{HeaderMap, Response, StatusCode, header::CONTENT_LENGTH};
use pin_project::pin_project;

use super::{action::EventAction, mapper::Mapper, oversize::OversizePolicy, raw_event::RawEvent};
use crate::{
    EncodedEvent, Encoder, Error, Event,
    headers::{head, media_type::is_event_stream},
    report::StreamLink,
    stream::{Failure, OwedPending},
    wire::FRAME_SIZE,
};

/// A body that reads an event stream of other code event by event, and keeps, drops or replaces each.
///
/// It is for gateways and proxies: it counts events, removes those that a client must not get, and gives the
/// stream the error event and the final event that its maker does not send. Put
/// [`SseLayer`](crate::SseLayer) around it as around any other body.
///
/// ```
/// use http::Response;
/// use http_body_util::{BodyExt, Full};
/// use tower_sse::{Event, EventAction, EventMapBody, RawEvent};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let text = "data: {\"text\":\"hello\"}\n\n: beat\ndata: {\"usage\":{\"total_tokens\":7}}\n\ndata: [DONE]\n\n";
/// # let upstream = Response::builder()
/// #     .header("content-type", "text/event-stream")
/// #     .body(Full::<bytes::Bytes>::from(text))
/// #     .unwrap();
/// let mut tokens = 0;
/// let count = |event: RawEvent<'_>| {
///     // A search, before the data is parsed, passes over most events.
///     if !event.contains("\"usage\"") {
///         return EventAction::Keep;
///     }
///     let data = event.data().unwrap_or_default();
///     let data: serde_json::Value = serde_json::from_str(&data).unwrap_or_default();
///     tokens = data["usage"]["total_tokens"].as_u64().unwrap_or(tokens);
///     EventAction::Drop
/// };
///
/// let response = EventMapBody::map_response(upstream, count);
/// let body = response.into_body().error_event(|error| {
///     Event::new(format!(r#"{{"error":{{"message":"{error}"}}}}"#))
/// });
///
/// let bytes = body.collect().await.unwrap().to_bytes();
/// assert_eq!(&bytes[..], b"data: {\"text\":\"hello\"}\n\n: beat\ndata: [DONE]\n\n");
/// assert_eq!(tokens, 7);
/// # }
/// ```
///
/// # What the closure gets
///
/// Each event, in the order of the stream: all lines up to a blank line, whatever their ends (LF, CR or CRLF),
/// and however the body cuts its chunks. An event without data, which clients do not dispatch, is one too.
/// Comment lines before the first field of an event, and blank lines between events, are passed on as they
/// are: the heartbeats of the stream inside wait for nothing. The byte order mark of the stream belongs to no
/// event.
///
/// If the body ends within an event, the closure does not get that, because no client dispatches it (WHATWG
/// HTML 9.2.6). The bytes are passed on as they are. If the body fails there, they are dropped.
///
/// # Frames and copies
///
/// Events that are ready leave in one frame of up to 16 KiB; none is held back for what may follow. A row of
/// events that are kept leaves as one slice of the chunk, without a copy, where it is a frame alone. Only an
/// event that is cut is copied, and one that leaves behind others. A frame ends between two events, and so
/// does a stream that the layer ends.
///
/// # Errors
///
/// The body fails with an [`Error`] if the body inside fails or panics, if the closure panics, or if an event
/// is too large for an [`OversizePolicy::fail`]. Before that it hands out all whole events, and is pending
/// once. With an [`error_event`](Self::error_event) it sends that event instead.
#[pin_project]
#[must_use = "a body does nothing until a response has it"]
pub struct EventMapBody<B, F> {
    #[pin]
    pub(super) body: B,
    pub(super) mapper: Mapper<F>,
    pub(super) encoder: Encoder,
    pub(super) error_event: Option<MakeErrorEvent>,
    pub(super) final_event: Option<EncodedEvent>,
    pub(super) state: State,
    /// The `Pending` that ended the last frame, which the server has not seen yet.
    pub(super) pending: OwedPending,
    /// What the layer around it knows of the stream.
    pub(super) link: Option<StreamLink>,
}

pub(super) type MakeErrorEvent = Box<dyn FnOnce(Error) -> Event + Send + Sync>;

#[derive(Debug)]
pub(super) enum State {
    /// The body is no event stream, and passes as it is.
    Passing,
    Open,
    Failed(Failure<Error>),
    /// `None` when the trailers have been sent, or if there are none.
    Ended(Option<HeaderMap>),
}

impl<B, F> EventMapBody<B, F>
where
    F: FnMut(RawEvent<'_>) -> EventAction,
{
    /// Creates a body that maps the events of another, which must be an event stream that is not compressed.
    ///
    /// [`map_response`](Self::map_response) finds out whether it is.
    pub fn new(body: B, map: F) -> Self {
        Self {
            body,
            mapper: Mapper::new(map),
            encoder: Encoder::with_frame_size(FRAME_SIZE),
            error_event: None,
            final_event: None,
            state: State::Open,
            pending: OwedPending::default(),
            link: None,
        }
    }

    /// Maps the events of a response, if it is an event stream: if its status is 200, its `Content-Type` is
    /// `text/event-stream`, and it has no `Content-Encoding`. The body of any other response passes unchanged,
    /// and its closures and events have no effect.
    ///
    /// It removes `Content-Length` and the headers that hold for the bytes of the body inside alone, such as
    /// `ETag`. For [`SseLayer`](crate::SseLayer) the response is then as good as one of an
    /// [`EventStream`](crate::EventStream): the [`StreamSummary`](crate::StreamSummary) has the number of
    /// events, and why a stream that ended by an error event failed.
    pub fn map_response(mut response: Response<B>, map: F) -> Response<Self> {
        let headers = response.headers();
        let is_stream = response.status() == StatusCode::OK
            && is_event_stream(headers)
            && !head::is_encoded(headers);
        if !is_stream {
            return response.map(|body| Self {
                state: State::Passing,
                ..Self::new(body, map)
            });
        }
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        head::remove_validators(headers);
        // The link of an `EventStream` inside stays: only that knows whether its clients can resume.
        let extensions = response.extensions_mut();
        let is_new = extensions.get::<StreamLink>().is_none();
        let link = extensions.get_or_insert_with(StreamLink::default).clone();
        response.map(|body| {
            let mut body = Self::new(body, map);
            if is_new {
                body.mapper.count_events();
            }
            body.link = Some(link);
            body
        })
    }
}

impl<B, F> EventMapBody<B, F> {
    /// Sets a closure that makes an event of an error. The stream sends it and ends cleanly, instead of
    /// failing.
    ///
    /// The event stands where the last whole event ended. The error of the body inside is
    /// [`into_inner`](Error::into_inner). The close reason is
    /// [`CloseReason::Failed`](crate::CloseReason::Failed) if the layer knows of the failure
    /// ([`map_response`](Self::map_response)). If the closure panics, the stream fails and sends no event.
    ///
    /// ```
    /// use futures_util::stream;
    /// use http_body::Frame;
    /// use http_body_util::{BodyExt, StreamBody};
    /// use tower_sse::{BoxError, Event, EventAction, EventMapBody};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let frames: [Result<_, BoxError>; 2] = [
    ///     Ok(Frame::data(bytes::Bytes::from("data: one\n\ndata: tw"))),
    ///     Err("connection reset".into()),
    /// ];
    /// let body = EventMapBody::new(StreamBody::new(stream::iter(frames)), |_| EventAction::Keep)
    ///     .error_event(|error| Event::new(error.into_inner().to_string()));
    ///
    /// let bytes = body.collect().await.unwrap().to_bytes();
    /// assert_eq!(&bytes[..], b"data: one\n\ndata: connection reset\n\n");
    /// # }
    /// ```
    pub fn error_event<E>(mut self, event: E) -> Self
    where
        E: FnOnce(Error) -> Event + Send + Sync + 'static,
    {
        self.error_event = Some(Box::new(event));
        self
    }

    /// Sets an event that is sent after the last one, when the body has ended.
    ///
    /// It says that the stream is complete, so it is not sent if the body ends within an event, after an error,
    /// or when the layer ends the stream.
    pub fn final_event(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.final_event = Some(event.into());
        self
    }

    /// Sets the maximum size, in bytes, of the events that the closure gets, and the policy for larger ones. The
    /// default is 1 MiB and [`OversizePolicy::pass_through`].
    ///
    /// It bounds what is buffered of an event whose end has not come.
    pub fn max_event_size(mut self, max: usize, policy: OversizePolicy) -> Self {
        self.mapper.set_max_event_size(max, policy);
        self
    }

    /// Returns a reference to the body inside.
    pub fn get_ref(&self) -> &B {
        &self.body
    }

    /// Returns the body inside. What has been read of it and not been sent is lost.
    pub fn into_inner(self) -> B {
        self.body
    }
}

impl<B, F> fmt::Debug for EventMapBody<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventMapBody")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
