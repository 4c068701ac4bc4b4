use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::channel::mpsc;
use http::{
    Request, Response, Version,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body::{Body, Frame};
use hyper_util::rt::TokioTimer;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sse::{BoxError, IntoSseResponse, Preamble, SseBody, SseLayer};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new())
}

/// A layer that adds nothing but what a test is about.
pub(crate) fn bare() -> SseLayer {
    layer().preamble(Preamble::off())
}

/// A request as a browser's `EventSource` makes it.
pub(crate) fn get() -> http::request::Builder {
    any().header(ACCEPT, "text/event-stream")
}

/// A request that says nothing of what it accepts.
pub(crate) fn any() -> http::request::Builder {
    Request::get("/")
}

pub(crate) fn http_2() -> http::request::Builder {
    get().version(Version::HTTP_2)
}

/// Sends a request through a layer to a service that gives this response.
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

/// A response that somebody else made, whose body is fed by hand.
pub(crate) fn adopted() -> (Feed, Response<Fed>) {
    let (sender, frames) = mpsc::unbounded();
    let response = Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .body(Fed(frames))
        .unwrap();
    (Feed(sender), response)
}

pub(crate) struct Feed(mpsc::UnboundedSender<Result<Frame<Bytes>, BoxError>>);

impl Feed {
    pub(crate) fn data(&self, data: &'static str) {
        self.frame(Frame::data(Bytes::from(data)));
    }

    pub(crate) fn frame(&self, frame: Frame<Bytes>) {
        self.0.unbounded_send(Ok(frame)).unwrap();
    }

    pub(crate) fn fail(&self, error: &'static str) {
        self.0.unbounded_send(Err(error.into())).unwrap();
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.0.is_closed()
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

/// Returns the next frame, which must be data; `None` at the end.
pub(crate) async fn next<B>(body: &mut B) -> Option<String>
where
    B: Body<Data = Bytes, Error: std::fmt::Debug> + Unpin,
{
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    let data = frame.unwrap().into_data().unwrap();
    Some(String::from_utf8(data.to_vec()).unwrap())
}

/// Returns whether the body has nothing to send now.
pub(crate) fn is_silent<B: Body + Unpin>(body: &mut B) -> bool {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    Pin::new(body).poll_frame(&mut cx).is_pending()
}

/// Returns the whole body.
pub(crate) async fn text<B>(mut body: B) -> String
where
    B: Body<Data = Bytes, Error: std::fmt::Debug> + Unpin,
{
    let mut text = String::new();
    while let Some(data) = next(&mut body).await {
        text += &data;
    }
    text
}
