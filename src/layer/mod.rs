//! The middleware: [`SseLayer`], its service, its future and the bodies of its responses.
//!
//! A request goes through these files:
//!
//! 1. `service` reads the facts of the request (`request`, `context`) and makes its `gate`, at which it
//!    may have to wait for places (`limit`) before the handler gets it.
//! 2. `future` polls the gate, then the handler.
//! 3. `response` decides whether the response is an event stream. `attach` asks `admit` for a `guard`,
//!    which holds what the layer has taken for the stream, or has `reject` answer in its place.
//! 4. `body` sends the stream, reports it to the guards, and drops them when it ends.
//!
//! The options and guards of all layers meet in the [`ResponseState`](response_state::ResponseState) of
//! the response, even where there is one layer.

// First and in this order, in which rustdoc lists the methods of `SseLayer`.
#[expect(clippy::module_inception, reason = "it holds `SseLayer`")]
mod layer;
mod observing;
mod options;

mod admission;
mod admit;
mod attach;
mod body;
mod config;
mod connection;
mod context;
mod future;
mod gate;
mod guard;
mod limit;
#[cfg(feature = "metrics")]
mod metrics;
mod open_streams;
mod permits;
mod reject;
mod rejection;
mod rejection_reports;
mod request;
mod response;
mod response_state;
mod service;
#[cfg(feature = "socket")]
mod socket;
#[cfg(feature = "tracing")]
mod trace;

pub use self::{
    body::SseBody,
    future::ResponseFuture,
    layer::SseLayer,
    open_streams::{OpenStream, OpenStreams},
    service::Sse,
};
#[cfg(all(test, loom))]
pub(crate) use self::{
    limit::{Claim, Claims, Control, EndOrder, KeyedLimit, Limit, MaxStreams, Permit},
    rejection::Rejection,
};
