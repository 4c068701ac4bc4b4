//! The frames of a stream, through the layer and without.

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use tower::{Layer, Service, service_fn};
use tower_sse::{Heartbeat, Lifetime, Preamble, RejectPolicy, Shutdown, SseLayer};

use super::{Case, drain::drain};

static PLAIN: LazyLock<SseLayer> = LazyLock::new(|| {
    SseLayer::new()
        .preamble(Preamble::off())
        .heartbeat(Heartbeat::off())
});

/// With a shutdown, a limit and a callback.
static LIFE_CYCLE: LazyLock<SseLayer> = LazyLock::new(|| {
    PLAIN
        .clone()
        .shutdown(&Shutdown::new())
        .max_streams(10, RejectPolicy::empty_stream())
        .on_close(|_| {})
});

static LIFETIME: LazyLock<SseLayer> = LazyLock::new(|| {
    let lifetime = Lifetime::new(Duration::from_secs(3600));
    LIFE_CYCLE.clone().max_lifetime(lifetime)
});

pub(super) fn cases() -> [Case; 4] {
    let case = |way, run| Case {
        subject: "frame",
        way,
        batch: 20_000,
        run,
    };
    [
        case("adopted", |n| drain(frames(n))),
        case("plain", |n| through(&PLAIN, n)),
        case("cycle", |n| through(&LIFE_CYCLE, n)),
        case("lifetime", |n| through(&LIFETIME, n)),
    ]
}

/// A stream that somebody else made, of so many frames.
fn frames(n: usize) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
    let frame = Bytes::from_static(b"data: {\"price\":12.5}\n\n");
    StreamBody::new(stream::iter(
        (0..n).map(move |_| Ok(Frame::data(frame.clone()))),
    ))
}

fn through(layer: &SseLayer, n: usize) {
    let mut service = layer.layer(service_fn(async |_: Request<()>| {
        let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
        Ok::<_, Infallible>(response.body(frames(n)).unwrap_or_else(|_| unreachable!()))
    }));
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(service.call(Request::new(()))).poll(&mut cx) {
        Poll::Ready(Ok(response)) => drain(response.into_body()),
        Poll::Pending => unreachable!("the service is always ready"),
    }
}
