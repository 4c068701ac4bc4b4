//! A stream of events that are always ready, to frames of a response's body.
//!
//! Both sides build an event of the same text, once for each event, in a stream of
//! `Result<_, Infallible>`; both make a response's body of it, an `axum::body::Body`; and both are
//! polled for its frames until it ends.

use std::{convert::Infallible, hint::black_box};

use axum::{
    body::Body,
    response::{IntoResponse, sse},
};
use futures::{Stream, StreamExt, stream};
use tower_sse::{BoxError, EncodeEvent, Encoder, Event, EventId, EventName, EventStream, Json};

use super::{
    Case,
    drain::{drain, each},
    payload::{LARGE, MEDIUM, SMALL, TINY, TRADE, Trade},
};

const PRICE: EventName = EventName::from_static("price");
const ID: &str = "1719847200-42";

static KNOWN: EventId = EventId::from_static(ID);

/// Makes the cases of a subject: axum's, then for each way one that gathers what is ready and one
/// that has a frame to each event.
macro_rules! cases {
    ($subject:literal, $batch:literal, $axum:expr, $($way:literal: $event:expr,)*) => {
        [
            case($subject, "axum", $batch, |n| drain(axum_body(n, $axum))),
            $(
                case($subject, $way, $batch, |n| drain(body(n, $event))),
                case($subject, concat!($way, "-alone"), $batch, |n| drain(lone(n, $event))),
            )*
        ]
    };
}

#[rustfmt::skip]
pub(super) fn cases() -> Vec<Case> {
    [
        &cases!("16B", 4000, || axum_text(*TINY),
            "event": || text(*TINY),
            "copied": || copied(*TINY),
            "direct": || black_box(*TINY),
        )[..],
        &cases!("200B", 2000, axum_price,
            "event": price,
            "event-known": known_price,
            "copied": copied_price,
            "direct": || Price::new(ID),
            "direct-known": || Price::new(&KNOWN),
        ),
        &cases!("4KiB", 1000, || axum_text(*MEDIUM),
            "event": || text(*MEDIUM),
            "copied": || copied(*MEDIUM),
            "direct": || black_box(*MEDIUM),
        ),
        &cases!("64KiB", 20, || axum_text(*LARGE),
            "event": || text(*LARGE),
            "copied": || copied(*LARGE),
            "direct": || black_box(*LARGE),
        ),
        &cases!("struct", 500, axum_json,
            "event": json,
            "direct": || Json(trade()),
        ),
    ]
    .concat()
}

const fn case(subject: &'static str, way: &'static str, batch: usize, run: fn(usize)) -> Case {
    Case {
        subject,
        way,
        batch,
        run,
    }
}

pub(super) fn check() {
    for sent in [*TINY, *MEDIUM, *LARGE] {
        let expected = bytes(axum_body(3, move || axum_text(sent)));
        assert_eq!(bytes(body(3, move || text(sent))), expected);
        assert_eq!(bytes(lone(3, move || copied(sent))), expected);
        assert_eq!(bytes(body(3, move || sent)), expected);
    }
    let expected = bytes(axum_body(3, axum_price));
    assert_eq!(bytes(body(3, price)), expected);
    assert_eq!(bytes(body(3, known_price)), expected);
    assert_eq!(bytes(lone(3, copied_price)), expected);
    assert_eq!(bytes(body(3, || Price::new(ID))), expected);
    assert_eq!(bytes(body(3, || Price::new(&KNOWN))), expected);
    let expected = bytes(axum_body(3, axum_json));
    assert_eq!(bytes(body(3, json)), expected);
    assert_eq!(bytes(body(3, || Json(trade()))), expected);
}

fn bytes(body: Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    each(body, |data| bytes.extend_from_slice(&data));
    bytes
}

fn axum_body<F>(n: usize, event: F) -> Body
where
    F: Fn() -> sse::Event + Send + 'static,
{
    sse::Sse::new(ready(n, event)).into_response().into_body()
}

/// Gathers what is ready, as is the default.
fn body<T, F>(n: usize, event: F) -> Body
where
    T: EncodeEvent + Send + 'static,
    F: Fn() -> T + Send + 'static,
{
    Body::new(EventStream::new(ready(n, event)))
}

/// Makes a frame for each event, as axum does.
fn lone<T, F>(n: usize, event: F) -> Body
where
    T: EncodeEvent + Send + 'static,
    F: Fn() -> T + Send + 'static,
{
    Body::new(EventStream::new(ready(n, event)).frame_size(1))
}

fn ready<T>(n: usize, event: impl Fn() -> T) -> impl Stream<Item = Result<T, Infallible>> {
    stream::iter(0..n).map(move |_| Ok(event()))
}

fn axum_text(text: &'static str) -> sse::Event {
    sse::Event::default().data(black_box(text))
}

fn axum_price() -> sse::Event {
    let (id, text) = black_box((ID, *SMALL));
    sse::Event::default().event("price").id(id).data(text)
}

fn axum_json() -> sse::Event {
    sse::Event::default().json_data(trade()).unwrap()
}

/// Moves the text into the event, as a `String` or `Bytes` would be.
fn text(text: &'static str) -> Event {
    Event::new(black_box(text))
}

/// Copies text that is borrowed, so that the event can keep it.
fn copied(text: &'static str) -> Event {
    Event::new(black_box(text).to_owned())
}

fn price() -> Event {
    let (id, text) = black_box((ID, *SMALL));
    Event::new(text).name(PRICE).id(checked(id))
}

/// Takes the id as one that was checked before.
fn known_price() -> Event {
    let (id, text) = black_box((&KNOWN, *SMALL));
    Event::new(text).name(PRICE).id(id.clone())
}

fn copied_price() -> Event {
    let (id, text) = black_box((ID, *SMALL));
    Event::new(text.to_owned()).name(PRICE).id(checked(id))
}

fn json() -> Event {
    Event::json(trade()).unwrap()
}

fn trade() -> &'static Trade {
    black_box(&TRADE)
}

fn checked(id: &str) -> EventId {
    EventId::try_from(id).unwrap()
}

/// A user's own event, which borrows what it sends: its id as a text, which is checked for each
/// event as axum does, or as an `EventId`, which was checked before.
struct Price<I> {
    id: I,
    text: &'static str,
}

impl<I> Price<I> {
    fn new(id: I) -> Self {
        black_box(Self { id, text: *SMALL })
    }
}

impl EncodeEvent for Price<&str> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        let id = EventId::try_from(self.id)?;
        encoder.name(&PRICE).id(&id).data(self.text);
        Ok(())
    }
}

impl EncodeEvent for Price<&EventId> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.name(&PRICE).id(self.id).data(self.text);
        Ok(())
    }
}
