use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Extensions, Response, StatusCode, response::Parts};
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;

use super::{config::OnLate, late_answer::LateAnswer, late_head::LateHead};
use crate::{
    BoxError, Error, IntoSseResponse,
    headers::{head, media_type::is_event_stream},
    report::StreamLink,
    stream::Failure,
    wire::{MAX_EMPTY_ITEMS, into_bytes},
};

/// The response body of [`EarlyHead`](crate::EarlyHead) and of [`respond_early`](crate::respond_early).
///
/// If the answer came in time, it returns the frames of the body inside as they are. (Data that is not `Bytes` is
/// copied into `Bytes`.) Otherwise it waits for the answer, and then returns the frames of that, or the event
/// that is made of it.
///
/// # Errors
///
/// It fails if the body inside fails, and if an answer that comes late is no stream and no event is made of it.
#[pin_project]
pub struct EarlyBody<F, B> {
    #[pin]
    state: State<F, B>,
    /// What is needed when the answer is late.
    late: Option<Box<Late>>,
}

#[pin_project(project = StateProj)]
enum State<F, B> {
    /// The body of an answer, which is untouched or a stream.
    Answer(#[pin] B),
    Waiting(Pin<Box<F>>),
    /// The body of an answer that is late and no stream, of which the beginning is read.
    Reading(#[pin] B, Box<Parts>, Vec<u8>),
    /// An event in its place, `None` when it has been sent.
    Event(Option<Bytes>),
    Failed(Failure<Error>),
}

struct Late {
    on_late: Option<OnLate>,
    max_body: usize,
    head: LateHead,
}

impl<F, B> EarlyBody<F, B> {
    pub(super) fn quick(body: B) -> Self {
        Self {
            state: State::Answer(body),
            late: None,
        }
    }

    pub(super) fn waiting(
        answer: Pin<Box<F>>,
        on_late: Option<OnLate>,
        max_body: usize,
        head: LateHead,
    ) -> Self {
        let late = Late {
            on_late,
            max_body,
            head,
        };
        Self {
            state: State::Waiting(answer),
            late: Some(Box::new(late)),
        }
    }
}

impl<F, B, R, E> Body for EarlyBody<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: IntoSseResponse<Body = B>,
    E: Into<BoxError>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        let late = this.late.as_deref();
        let next = match this.state.as_mut().project() {
            StateProj::Answer(body) => {
                let polled = body.poll_frame(cx);
                return polled
                    .map_ok(|frame| frame.map_data(into_bytes))
                    .map_err(|error| Error::body(error.into()));
            }
            StateProj::Event(event) => {
                return Poll::Ready(event.take().map(|event| Ok(Frame::data(event))));
            }
            StateProj::Failed(failure) => {
                return failure.poll(cx).map(|error| error.map(Err));
            }
            StateProj::Waiting(answer) => match ready!(answer.as_mut().poll(cx)) {
                Ok(answer) => begin(answer.into_sse_response(), late),
                Err(error) => conclude(LateAnswer::Error(error.into()), late),
            },
            StateProj::Reading(body, parts, bytes) => {
                let max = late.map_or(0, |late| late.max_body);
                let answer = match ready!(poll_read(body, bytes, max, cx)) {
                    Ok(bytes) => LateAnswer::Response(take_response(parts, bytes)),
                    Err(error) => LateAnswer::Error(error),
                };
                conclude(answer, late)
            }
        };
        this.state.set(next);
        // The layer takes the late head before the body that belongs to it is polled.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Answer(body) => body.is_end_stream(),
            State::Event(event) => event.is_none(),
            State::Waiting(_) | State::Reading(..) | State::Failed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Answer(body) => body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

/// Begins with an answer that is late.
fn begin<F, B>(answer: Response<B>, late: Option<&Late>) -> State<F, B> {
    let (parts, body) = answer.into_parts();
    let is_stream = parts.status == StatusCode::OK
        && is_event_stream(&parts.headers)
        // The head that is out does not say how the body is encoded.
        && !head::is_encoded(&parts.headers);
    if !is_stream {
        return State::Reading(body, Box::new(parts), Vec::new());
    }
    if let Some(late) = late {
        late.head.set(parts.extensions);
    }
    State::Answer(body)
}

/// Makes an event of an answer that is no stream, or fails.
fn conclude<F, B>(answer: LateAnswer, late: Option<&Late>) -> State<F, B> {
    let event = late.and_then(|late| late.on_late.as_ref()?(&answer));
    let error = answer.into_error();
    let Some(event) = event else {
        return State::Failed(Failure::new(error));
    };
    // The layer learns from a link that the stream has failed, though it ends cleanly.
    let link = StreamLink::default();
    link.add(event.events());
    link.conclude(error.chain());
    let mut extensions = Extensions::new();
    extensions.insert(link);
    if let Some(late) = late {
        late.head.set(extensions);
    }
    State::Event(Some(event.into()))
}

/// Takes the head, and makes a response of it and of these bytes.
fn take_response(parts: &mut Parts, bytes: Bytes) -> Response<Bytes> {
    let (none, ()) = Response::new(()).into_parts();
    Response::from_parts(mem::replace(parts, none), bytes)
}

/// Reads the beginning of a body.
fn poll_read<B>(
    mut body: Pin<&mut B>,
    bytes: &mut Vec<u8>,
    max: usize,
    cx: &mut Context<'_>,
) -> Poll<Result<Bytes, BoxError>>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    for _ in 0..MAX_EMPTY_ITEMS {
        if bytes.len() >= max {
            return Poll::Ready(Ok(mem::take(bytes).into()));
        }
        match ready!(body.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => {
                let data = frame.into_data().map(into_bytes).unwrap_or_default();
                let room = max - bytes.len();
                bytes.extend_from_slice(&data[..data.len().min(room)]);
            }
            Some(Err(error)) => return Poll::Ready(Err(error.into())),
            None => return Poll::Ready(Ok(mem::take(bytes).into())),
        }
    }
    // A body of empty frames must not hold its thread for ever.
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl<F, B> fmt::Debug for EarlyBody<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.state {
            State::Answer(_) => "EarlyBody(answer)",
            State::Waiting(_) => "EarlyBody(waiting)",
            State::Reading(..) => "EarlyBody(reading)",
            State::Event(_) => "EarlyBody(event)",
            State::Failed(_) => "EarlyBody(failed)",
        })
    }
}
