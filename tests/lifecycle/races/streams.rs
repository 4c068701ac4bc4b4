use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response};
use http_body::{Body, Frame};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sse::{Error, Heartbeat, Preamble, Shutdown, SseBody, SseLayer, SseOptions};

use crate::clock::Clock;
pub(crate) use crate::wait::wait;

pub(crate) type Stream = SseBody<Handler>;

/// A stream of no events, which ends at once or never.
pub(crate) enum Handler {
    Ends,
    Waits,
}

impl Body for Handler {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match *self {
            Self::Ends => Poll::Ready(None),
            Self::Waits => Poll::Pending,
        }
    }
}

pub(crate) fn layer() -> SseLayer {
    SseLayer::with_timer(Clock::new())
        .preamble(Preamble::off())
        .heartbeat(Heartbeat::off())
}

pub(crate) fn shutdown() -> Shutdown {
    Shutdown::with_timer(Clock::new())
}

/// Opens a stream, unless it is rejected.
pub(crate) fn open(layer: &SseLayer, key: usize, handler: Handler) -> Option<Stream> {
    let response = Response::builder().header("content-type", "text/event-stream");
    let response = response.extension(SseOptions::new().resumable(true));
    let mut response = Some(response.body(handler).unwrap());
    let service = layer.layer(service_fn(move |_| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    }));
    // Nothing but a GET is rejected with an empty stream, and gets a final event.
    let request = Request::post("/").header("key", key).body(()).unwrap();
    let Ok(response) = service.oneshot(request).now_or_never().unwrap();
    (response.status() == 200).then(|| response.into_body())
}

/// Asks for a stream in a way that is sure to want one, and counts how often the handler was polled.
/// The future ends when there is a place.
pub(crate) fn ask(
    layer: &SseLayer,
    polled: &Arc<AtomicUsize>,
) -> impl Future<Output = Option<Stream>> + use<> {
    let polled = Arc::clone(polled);
    let mut service = layer.layer(service_fn(move |_| {
        let polled = Arc::clone(&polled);
        async move {
            polled.fetch_add(1, SeqCst);
            let response = Response::builder().header("content-type", "text/event-stream");
            let response = response.extension(SseOptions::new().resumable(true));
            Ok::<_, Infallible>(response.body(Handler::Waits).unwrap())
        }
    }));
    let request = Request::post("/").header("accept", "text/event-stream");
    let response = service.call(request.body(()).unwrap());
    response.map(|response| {
        let Ok(response) = response;
        (response.status() == 200).then(|| response.into_body())
    })
}

/// Polls a stream as a task does that has something else to wait for.
pub(crate) fn look(stream: &mut Stream) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
    Pin::new(stream).poll_frame(&mut Context::from_waker(Waker::noop()))
}
