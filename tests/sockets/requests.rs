//! Requests that come over a socket, as far as the layer sees them.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures::stream;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{Event, EventStream, IntoSseResponse, Socket, SocketHandle, SseBody, SseLayer};

pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// The response of a stream that is open.
pub(crate) type Open = Response<SseBody<EventStream<stream::Pending<Event>>>>;

/// Returns a layer that times out, with a least rate at which the system's steps take less time.
pub(crate) fn impatient() -> SseLayer {
    patient().stall_timeout(TIMEOUT).stall_rate(1 << 20)
}

pub(crate) fn patient() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new())
}

/// Opens a stream on a connection, with this layer around it.
pub(crate) async fn open<T>(socket: &Socket<T>, layer: &SseLayer) -> Open {
    let response = send(&socket.handle(), layer, get(), silence()).await;
    assert_eq!(response.status(), 200);
    response
}

/// Opens a stream with two layers around it.
pub(crate) async fn open_nested<T>(
    socket: &Socket<T>,
    outer: &SseLayer,
    inner: &SseLayer,
) -> Response<SseBody<SseBody<EventStream<stream::Pending<Event>>>>> {
    let service = service_fn(async |_: Request<()>| Ok::<_, Infallible>(silence()));
    let service = outer.layer(inner.layer(service));
    let Ok(response) = socket.handle().layer(service).oneshot(get()).await;
    response
}

/// Sends a request that bears a connection's handle through a layer to a service that gives this
/// response.
pub(crate) async fn send<R: IntoSseResponse>(
    handle: &SocketHandle,
    layer: &SseLayer,
    request: Request<()>,
    response: R,
) -> Response<SseBody<R::Body>> {
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let service = handle.layer(layer.layer(service));
    let Ok(response) = service.oneshot(request).await;
    response
}

pub(crate) fn get() -> Request<()> {
    Request::new(())
}

pub(crate) fn silence() -> EventStream<stream::Pending<Event>> {
    EventStream::new(stream::pending())
}

pub(crate) fn page() -> Response<Full<Bytes>> {
    Response::new(Full::from("page"))
}
