use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project::{pin_project, pinned_drop};

use super::{client::Client, record::StreamRecord, state::StreamState};
use crate::{
    BoxError, Error, layer::response_state::ResponseState, time::ResettableSleep, wire::into_bytes,
};

/// The response body of [`Sse`](crate::Sse).
///
/// The body of an event stream has heartbeats and all else that [`SseLayer`](crate::SseLayer) adds.
/// Any other returns the frames of the body inside as they are. (Data that is not `Bytes` is copied
/// into `Bytes`.)
///
/// # Errors
///
/// The [`Error`] has the error of the body inside as its source. An event stream also fails when
/// the layer cuts it ([`Error::close_reason`]), a tenth of a second after its last frame, so that
/// the server has time to flush. Behind HTTP/1.0, where a body ends with its connection, clients
/// cannot distinguish a failure from an end, unless the connection is a `Socket` (feature
/// `socket`), which is then reset.
#[pin_project(PinnedDrop)]
pub struct SseBody<B: Body> {
    #[pin]
    kind: BodyKind<B>,
}

#[pin_project(project = BodyKindProj)]
enum BodyKind<B: Body> {
    Pass(#[pin] B),
    Stream(#[pin] B, Box<StreamState>),
    /// No body, for a response to HEAD. It does not say what length the body of a GET would have.
    Head,
    /// A body of the layer's own, `None` when it has been sent.
    Whole(Option<Bytes>),
}

impl<B: Body> SseBody<B> {
    pub(crate) fn unchanged(body: B) -> Self {
        let kind = BodyKind::Pass(body);
        Self { kind }
    }

    /// Makes the body of a stream. Nothing may be put into a sealed one.
    pub(crate) fn stream(
        body: B,
        shared: ResponseState,
        record: StreamRecord,
        sleep: ResettableSleep,
        client: Client,
        sealed: bool,
    ) -> Self {
        let state = StreamState::new(shared, record, sleep, client, sealed);
        let kind = BodyKind::Stream(body, Box::new(state));
        Self { kind }
    }

    pub(crate) fn head() -> Self {
        let kind = BodyKind::Head;
        Self { kind }
    }

    pub(crate) fn whole(bytes: Bytes) -> Self {
        let kind = BodyKind::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()));
        Self { kind }
    }
}

/// Creates an empty body, which layers need that answer by themselves, such as tower-http's CORS
/// layer.
impl<B: Body> Default for SseBody<B> {
    fn default() -> Self {
        Self::whole(Bytes::new())
    }
}

impl<B> Body for SseBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.project().kind.project() {
            BodyKindProj::Pass(body) => body
                .poll_frame(cx)
                .map_ok(|frame| frame.map_data(into_bytes))
                .map_err(|error| Error::body(error.into())),
            BodyKindProj::Stream(body, state) => state.poll_frame(body, cx),
            BodyKindProj::Whole(bytes) => {
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))))
            }
            BodyKindProj::Head => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            BodyKind::Pass(body) => body.is_end_stream(),
            BodyKind::Stream(body, state) => state.is_end(body),
            BodyKind::Whole(bytes) => bytes.is_none(),
            BodyKind::Head => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            BodyKind::Pass(body) => body.size_hint(),
            BodyKind::Stream(..) | BodyKind::Head => SizeHint::default(),
            BodyKind::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
        }
    }
}

#[pinned_drop]
impl<B: Body> PinnedDrop for SseBody<B> {
    fn drop(self: Pin<&mut Self>) {
        if let BodyKindProj::Stream(body, state) = self.project().kind.project() {
            state.dropped(&*body);
        }
    }
}

impl<B: Body> fmt::Debug for SseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            BodyKind::Pass(_) => "SseBody(pass)",
            BodyKind::Stream(..) => "SseBody(stream)",
            BodyKind::Head => "SseBody(head)",
            BodyKind::Whole(_) => "SseBody(whole)",
        })
    }
}
