//! The events of a stream that somebody else made, through the layer alone and mapped one by one.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use axum::{
    body::Body as AxumBody,
    response::{IntoResponse, Sse, sse},
};
use bytes::Bytes;
use futures::stream;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use tower::{Layer, Service, service_fn};
use tower_sse::{BoxError, EventAction, EventMapBody, Heartbeat, Preamble, RawEvent, SseLayer};

use super::{Case, drain::drain, payload::json};

static LAYER: LazyLock<SseLayer> = LazyLock::new(|| {
    SseLayer::new()
        .preamble(Preamble::off())
        .heartbeat(Heartbeat::off())
});

static TEXT: LazyLock<&str> = LazyLock::new(|| json(216));

/// An event of 224 bytes.
static EVENT: LazyLock<Bytes> = LazyLock::new(|| format!("data: {}\n\n", *TEXT).into());

/// How many of them a large frame has: 16,128 bytes.
const ROW: usize = 72;

static EVENTS: LazyLock<Bytes> = LazyLock::new(|| EVENT.repeat(ROW).into());

pub(super) fn cases() -> [Case; 13] {
    let case = |subject, way, run| Case {
        subject,
        way,
        batch: 20_000,
        run,
    };
    [
        case("frame224", "adopted", |n| drain(alone(n))),
        case("frame224", "plain", |n| through(event_stream(alone(n)))),
        case("frame224", "mapped", |n| {
            through(map(event_stream(alone(n)), keep))
        }),
        case("frame224", "searched", |n| {
            through(map(event_stream(alone(n)), search))
        }),
        case("frame224", "parsed", |n| {
            through(map(event_stream(alone(n)), parse))
        }),
        case("frames224", "adopted", |n| drain(rows(n))),
        case("frames224", "plain", |n| through(event_stream(rows(n)))),
        case("frames224", "mapped", |n| {
            through(map(event_stream(rows(n)), keep))
        }),
        case("frames224", "searched", |n| {
            through(map(event_stream(rows(n)), search))
        }),
        case("frames224", "parsed", |n| {
            through(map(event_stream(rows(n)), parse))
        }),
        case("faxum", "adopted", |n| drain(axum(n).into_body())),
        case("faxum", "plain", |n| through(axum(n))),
        case("faxum", "mapped", |n| through(map(axum(n), keep))),
    ]
}

/// So many events, each a frame.
fn alone(n: usize) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
    let frame = |_| Ok(Frame::data(EVENT.clone()));
    StreamBody::new(stream::iter((0..n).map(frame)))
}

/// So many events in large frames.
fn rows(n: usize) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
    let frame = move |from| Ok(Frame::data(EVENTS.slice(..EVENT.len() * ROW.min(n - from))));
    StreamBody::new(stream::iter((0..n).step_by(ROW).map(frame)))
}

/// So many events of axum's.
fn axum(n: usize) -> Response<AxumBody> {
    let event = |_| Ok::<_, Infallible>(sse::Event::default().data(*TEXT));
    Sse::new(stream::iter((0..n).map(event))).into_response()
}

fn event_stream<B>(body: B) -> Response<B> {
    let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
    response.body(body).unwrap_or_else(|_| unreachable!())
}

fn map<B, F>(response: Response<B>, map: F) -> Response<EventMapBody<B, F>>
where
    F: FnMut(RawEvent<'_>) -> EventAction,
{
    EventMapBody::map_response(response, map)
}

fn keep(_: RawEvent<'_>) -> EventAction {
    EventAction::Keep
}

/// Looks for a word in each event, as one does before parsing.
fn search(event: RawEvent<'_>) -> EventAction {
    match event.contains("\"usage\"") {
        true => EventAction::Drop,
        false => EventAction::Keep,
    }
}

/// Parses each event.
fn parse(event: RawEvent<'_>) -> EventAction {
    let data = event.data().unwrap_or_default();
    match serde_json::from_str::<serde_json::Value>(&data) {
        Ok(value) if value["usage"].is_null() => EventAction::Keep,
        _ => EventAction::Drop,
    }
}

fn through<B>(response: Response<B>)
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut response = Some(response);
    let mut service = LAYER.layer(service_fn(move |_: Request<()>| {
        let response = response.take().unwrap_or_else(|| unreachable!());
        let ready: Ready<Result<_, Infallible>> = ready(Ok(response));
        ready
    }));
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(service.call(Request::new(()))).poll(&mut cx) {
        Poll::Ready(Ok(response)) => drain(response.into_body()),
        Poll::Pending => unreachable!("the service is always ready"),
    }
}
