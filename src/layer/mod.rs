//! The layer, its service, and the bodies of its responses.

mod admission;
mod admit;
mod body;
mod config;
mod connection;
mod context;
mod future;
mod gate;
mod guard;
#[expect(clippy::module_inception, reason = "it holds `SseLayer`")]
mod layer;
mod limit;
#[cfg(feature = "metrics")]
mod metrics;
mod nested;
mod open_streams;
mod places;
mod rejection;
mod reports;
mod request;
mod response;
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
