//! A response that is no event stream, with the layer and without.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    hint::black_box,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use http_body_util::Full;
use tower::{Layer, Service};
use tower_sse::{RejectPolicy, Shutdown, SseLayer};

use super::{Case, drain::drain};

static LAYER: LazyLock<SseLayer> = LazyLock::new(SseLayer::new);

/// With a shutdown and a limit.
static LIMITED: LazyLock<SseLayer> = LazyLock::new(|| {
    let layer = LAYER.clone().shutdown(&Shutdown::new());
    layer.max_streams(10, RejectPolicy::empty_stream())
});

/// What a request says that may want anything, and one that is sure to want a stream.
const ANY: HeaderValue = HeaderValue::from_static("*/*");
const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

pub(super) fn cases() -> [Case; 4] {
    let case = |way, run| Case {
        subject: "pass",
        way,
        batch: 4000,
        run,
    };
    [
        case("bare", |n| call(n, &ANY, tower::service_fn(answer))),
        case("layer", |n| {
            call(n, &ANY, LAYER.layer(tower::service_fn(answer)))
        }),
        case("limited", |n| {
            call(n, &ANY, LIMITED.layer(tower::service_fn(answer)))
        }),
        case("claimed", |n| {
            call(n, &STREAM, LIMITED.layer(tower::service_fn(answer)))
        }),
    ]
}

/// Makes a request, calls the service and drains the body of its response, so many times.
fn call<S, B>(n: usize, accept: &HeaderValue, mut service: S)
where
    S: Service<Request<()>, Response = Response<B>>,
    B: Body<Data = Bytes>,
{
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..n {
        let future = service.call(black_box(request(accept)));
        match pin!(future).poll(&mut cx) {
            Poll::Ready(Ok(response)) => drain(black_box(response).into_body()),
            _ => unreachable!("the service is always ready"),
        }
    }
}

fn request(accept: &HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::from_static("example.org"));
    headers.insert(header::ACCEPT, accept.clone());
    headers.insert(header::USER_AGENT, HeaderValue::from_static("bench"));
    request
}

fn answer(_: Request<()>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{\"price\":12.5}")));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    ready(Ok(response))
}
