//! docs
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod alarm;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod bom;
mod boundary;
mod config;
mod encode;
mod error;
mod event;
mod failure;
mod future;
mod header;
mod heartbeat;
mod into_response;
#[cfg(feature = "json")]
mod json;
mod last_event_id;
mod layer;
mod options;
mod preamble;
mod request;
mod respond;
mod retry;
mod service;
mod slot;
mod stop;
mod stream;
#[cfg(feature = "json")]
mod tagged;
mod timer;
#[cfg(feature = "tokio")]
mod tokio;

pub use self::{
    body::SseBody,
    encode::{EncodeEvent, EncodedEvent, Encoder},
    error::{BoxError, Error},
    event::{Event, EventData, EventId, EventName, InvalidEventId, InvalidEventName},
    future::ResponseFuture,
    heartbeat::Heartbeat,
    into_response::IntoSseResponse,
    last_event_id::LastEventId,
    layer::SseLayer,
    options::SseOptions,
    preamble::Preamble,
    retry::Retry,
    service::Sse,
    stop::stop,
    stream::{BoxEventStream, EventItem, EventStream},
};
#[cfg(feature = "json")]
pub use self::{
    json::Json,
    stream::{JsonStream, TaggedStream},
    tagged::{Tagged, TaggedError},
};
