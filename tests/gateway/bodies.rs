//! Bodies that do what a test says, and how tests read bodies.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt::Debug,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::channel::mpsc;
use http::{HeaderMap, Request, Response, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use hyper_util::rt::TokioTimer;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sse::{BoxError, Heartbeat, IntoSseResponse, Preamble, SseBody, SseLayer};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// What a body does, one after the other. After the last it ends.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Data(Bytes),
    /// It is pending once, and wakes the task.
    Wait,
    Trailers(HeaderMap),
    Fail(&'static str),
    Panic,
}

pub(crate) struct Acting(VecDeque<Act>);

impl Body for Acting {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.0.pop_front() {
            Some(Act::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Act::Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Act::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Act::Fail(error)) => Poll::Ready(Some(Err(error.into()))),
            Some(Act::Panic) => std::panic::resume_unwind(Box::new("out of order")),
            None => Poll::Ready(None),
        }
    }
}

pub(crate) fn acting(acts: impl IntoIterator<Item = Act>) -> Acting {
    Acting(acts.into_iter().collect())
}

/// A body of these chunks, all of them ready.
pub(crate) fn chunks<D: Into<Bytes>>(chunks: impl IntoIterator<Item = D>) -> Acting {
    acting(chunks.into_iter().map(|chunk| Act::Data(chunk.into())))
}

/// A body that is fed by hand.
pub(crate) fn fed() -> (Feed, Fed) {
    let (sender, frames) = mpsc::unbounded();
    (Feed(sender), Fed(frames))
}

pub(crate) struct Feed(mpsc::UnboundedSender<Result<Frame<Bytes>, BoxError>>);

impl Feed {
    pub(crate) fn data(&self, data: &'static str) {
        let frame = Frame::data(Bytes::from(data));
        self.0.unbounded_send(Ok(frame)).unwrap();
    }
}

#[derive(Debug)]
pub(crate) struct Fed(mpsc::UnboundedReceiver<Result<Frame<Bytes>, BoxError>>);

impl Body for Fed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        futures::Stream::poll_next(Pin::new(&mut self.0), cx)
    }
}

pub(crate) fn event_stream<B>(body: B) -> Response<B> {
    let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
    response.body(body).unwrap()
}

/// A layer that adds nothing but what a test is about.
pub(crate) fn bare() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new())
        .preamble(Preamble::off())
        .heartbeat(Heartbeat::off())
}

pub(crate) fn post() -> http::request::Builder {
    Request::post("/")
}

pub(crate) async fn send<R>(
    layer: &SseLayer,
    request: http::request::Builder,
    response: R,
) -> Response<SseBody<R::Body>>
where
    R: IntoSseResponse,
{
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    call(layer.layer(service), request).await
}

pub(crate) async fn call<S>(service: S, request: http::request::Builder) -> S::Response
where
    S: Service<Request<()>, Error = Infallible>,
{
    let Ok(response) = service.oneshot(request.body(()).unwrap()).await;
    response
}

/// Returns the next frame, which must be data; `None` at the end.
pub(crate) async fn next<B>(body: &mut B) -> Option<String>
where
    B: Body<Data = Bytes, Error: Debug> + Unpin,
{
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    let data = frame.unwrap().into_data().unwrap();
    Some(String::from_utf8(data.to_vec()).unwrap())
}

/// Returns the frames of data, and the text of the error if the body fails.
pub(crate) async fn frames<B>(mut body: B) -> (Vec<Bytes>, Option<String>)
where
    B: Body<Data = Bytes, Error = tower_sse::Error> + Unpin,
{
    let mut frames = Vec::new();
    loop {
        match poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            Some(Ok(frame)) => frames.extend(frame.into_data()),
            Some(Err(error)) => return (frames, Some(error.into_inner().to_string())),
            None => return (frames, None),
        }
    }
}

/// Returns all data, and the text of the error if the body fails.
pub(crate) async fn outcome<B>(body: B) -> (String, Option<String>)
where
    B: Body<Data = Bytes, Error = tower_sse::Error> + Unpin,
{
    let (frames, error) = frames(body).await;
    (String::from_utf8(frames.concat()).unwrap(), error)
}

/// Returns the whole body, which must not fail.
pub(crate) async fn text<B>(body: B) -> String
where
    B: Body<Data = Bytes, Error = tower_sse::Error> + Unpin,
{
    let (text, error) = outcome(body).await;
    assert_eq!(error, None);
    text
}

/// Returns whether the body has nothing to send now.
pub(crate) fn is_silent<B: Body + Unpin>(body: &mut B) -> bool {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    Pin::new(body).poll_frame(&mut cx).is_pending()
}
