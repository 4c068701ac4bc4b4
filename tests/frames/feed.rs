//! Bodies that are polled by hand.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response};
use http_body::{Body, Frame};
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{Error, Heartbeat, IntoSseResponse, Preamble, SseBody, SseLayer};

pub(crate) use crate::task::Task;

impl Task {
    pub(crate) fn poll<B: Body + Unpin>(&self, body: &mut B) -> Polled<B> {
        let waker = self.waker();
        Pin::new(body).poll_frame(&mut Context::from_waker(&waker))
    }

    /// Returns the text of the frame that is ready.
    #[track_caller]
    pub(crate) fn text<B>(&self, body: &mut B) -> String
    where
        B: Body<Data = Bytes, Error = Error> + Unpin,
    {
        String::from_utf8(data(self.poll(body)).to_vec()).unwrap()
    }

    #[track_caller]
    pub(crate) fn assert_pending<B: Body + Unpin>(&self, body: &mut B) {
        assert!(self.poll(body).is_pending());
    }
}

type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

#[track_caller]
pub(crate) fn data(polled: Poll<Option<Result<Frame<Bytes>, Error>>>) -> Bytes {
    match polled {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap(),
        polled => panic!("no frame is ready, but {polled:?}"),
    }
}

/// Puts a layer around a response that adds nothing of its own.
pub(crate) fn layered<R>(response: R) -> SseBody<R::Body>
where
    R: IntoSseResponse,
{
    let layer = SseLayer::with_timer(TokioTimer::new())
        .preamble(Preamble::off())
        .heartbeat(Heartbeat::off());
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let answer = layer.layer(service).oneshot(Request::new(()));
    let Ok(response) = answer.now_or_never().unwrap();
    response.into_body()
}

/// Makes an event stream of somebody else's body.
pub(crate) fn adopt<B: Body>(body: B) -> Response<B> {
    let response = Response::builder().header("content-type", "text/event-stream");
    response.body(body).unwrap()
}
