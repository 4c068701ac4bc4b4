//! A [Tower](https://docs.rs/tower) layer for servers of Server-Sent Events.
//!
//! The crate has two main types. They work together, and each is useful without the other:
//!
//! - [`EventStream`] turns a stream of [`Event`]s, or of any other [`EncodeEvent`], into a response
//!   body.
//! - [`SseLayer`] wraps a service. It adds headers, an immediate first byte, heartbeats and reconnect
//!   hints to every event stream that the service returns, whatever code made the stream.
//!
//! ```
//! use std::convert::Infallible;
//! use futures_util::stream;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_sse::{Event, EventName, EventStream, SseLayer};
//!
//! const GREETING: EventName = EventName::from_static("greeting"); // checked by the compiler
//!
//! async fn greet(_: http::Request<()>) -> Result<EventStream<impl stream::Stream<Item = Event>>, Infallible> {
//!     let events = [Event::new("hello").name(GREETING).id(1), Event::new("bye").id(2)];
//!     Ok(EventStream::new(stream::iter(events)))
//! }
//!
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let service = ServiceBuilder::new().layer(SseLayer::new()).service_fn(greet);
//! let response = service.oneshot(http::Request::new(())).await.unwrap();
//!
//! assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
//! # }
//! # #[cfg(not(feature = "tokio"))] fn main() {}
//! ```
//!
//! # Which to use
//!
//! | you have | write |
//! |---|---|
//! | text | [`Event::new`], or a stream of `String`s as it is |
//! | a `Serialize` value | `Event::json`, `EventStream::json`, `Json` (feature `json`) |
//! | an enum of all events | `EventStream::tagged`, `Tagged` (feature `json`) |
//! | a type with an encoding of its own | [`EncodeEvent`] |
//! | one feed for many clients, which they can resume | `Channel` (feature `channel`) |
//! | several feeds in one stream, or a feed for each room or user | `Hub` (feature `channel`) |
//! | the same on several nodes, or kept across restarts | `Hub::open` (feature `channel`) |
//! | an answer of a model that outlives its connection | `Generations`, `StoredGenerations` (feature `channel`) |
//! | streams of several kinds as one type | [`BoxEventStream`] |
//! | one event for many clients, without a `Channel` | [`EncodedEvent`] |
//! | a response that other code makes | [`SseLayer`] around it |
//! | such a response, whose events are to be counted or changed | [`EventMapBody`] |
//! | a handler that answers after seconds | [`respond_early`], [`EarlyHeadLayer`] |
//!
//! # Guide
//!
//! - [`guide::features`]: all features at a glance.
//! - [`guide::deployment`]: order of layers, proxies, HTTP/2, sockets, graceful shutdown.
//! - [`guide::operating`]: close reasons, labels, metrics, open streams, limits.
//! - [`guide::ends`]: what each client sees when a stream ends, and final events by protocol.
//! - [`guide::gateways`]: streams of an upstream, answers that take long, and those that outlive a connection.
//! - [`guide::clients`]: which clients accept heartbeats, notices and blocks without data.
//! - `guide::hubs` and `guide::from_broadcast` (feature `channel`): feeds for many clients.
//! - `guide::nodes` (feature `channel`): one node or many, stores, Redis, balancers.
//! - [`guide::testing`]: tests without a server and without waiting.
//!
//! # Features
//!
//! - `tokio` (default): `SseLayer::new`, with tokio's timer. Without it there is
//!   [`SseLayer::with_timer`].
//! - `json`: `Serialize` values as data, enums as events.
//! - `axum`: `EventStream` is axum's `IntoResponse`, [`LastEventId`] an extractor. Without it a
//!   stream is still a response: `http::Response::from(stream)`.
//! - `channel`: `Channel`, `Hub` and `StateChannel`: feeds for many clients.
//! - `socket`: `TcpOptions`, and `SseLayer::socket`, which sets the connections that carry streams;
//!   for Unix and Windows.
//! - `axum-serve`: the sockets below `axum::serve`.
//! - `metrics`: `SseLayer::metrics`, for the recorder of the `metrics` crate.
//! - `tracing`: `SseLayer::trace`, a span for each stream.
//! - `full`: all of them.
//!
//! If axum reports that `IntoResponse` or `Handler` is not implemented, or if `Event::json` is missing,
//! check four things: a feature is missing; an error type does not implement `IntoResponse`; the
//! options stand after the stream (write `(options, stream)`); or a handler asks for a [`LastEventId`]
//! in place of an `Option<LastEventId>` (on its first connection a client has none).
//!
//! # Coming from `axum::response::Sse`
//!
//! Handlers can stay as they are: put [`SseLayer`] around the router, and remove `keep_alive` from the
//! handlers, because its comments would be sent beside the layer's. To replace axum's types:
//!
//! | axum | here |
//! |---|---|
//! | `Sse::new(stream)` | `EventStream::new(stream)`, of events or of results, `Infallible` too |
//! | `Event::default().data(text)` | `Event::new(text)`; text that is borrowed `.to_owned()` |
//! | `.json_data(value)?` | `Event::json(&value)?`, or a whole stream by `EventStream::json` |
//! | `.event("tick")`, which may panic | `.name(TICK)`, a `const` of [`EventName::from_static`] |
//! | `.id(text)`, which may panic | `.id(42)`, or `.id(EventId::try_from(text)?)` |
//! | `.comment(..)`, `.retry(..)` | the same |
//! | `KeepAlive::new().interval(..)` | [`Heartbeat::every`], once in [`SseLayer`], or in [`SseOptions`] |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(
    clippy::expect_used,
    clippy::incompatible_msrv,
    clippy::panic,
    clippy::unwrap_used
)]

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "channel")]
mod channel;
mod close_reason;
mod early;
mod error;
mod event;
mod event_map;
#[cfg(feature = "channel")]
mod generation;
pub mod guide;
mod headers;
mod layer;
mod policy;
mod report;
mod shutdown;
#[cfg(feature = "socket")]
mod socket;
#[cfg(not(feature = "socket"))]
#[path = "socket/absent.rs"]
mod socket;
#[cfg(feature = "channel")]
pub mod store;
mod stream;
mod sync;
mod time;
#[cfg(feature = "tokio")]
mod tokio;
mod wire;

#[cfg(all(test, loom))]
#[path = "../tests/loom/mod.rs"]
mod loom_tests;

#[cfg(feature = "channel")]
pub use self::channel::{
    BorrowEvent, Channel, ChannelError, ChannelEvent, ChannelOptions, ChannelStart, EventRef, Gap,
    GapPolicy, Hub, HubOptions, InvalidName, KeyPolicy, KeyedChannel, LagPolicy, Memory,
    NoticePolicy, Presence, PublishError, StateChannel, Stored, Subscriber, Subscribers,
    SubscribersError, Subscription,
};
#[cfg(feature = "channel")]
pub use self::generation::{
    AbandonPolicy, Generation, GenerationEnd, GenerationError, GenerationOptions, GenerationStream,
    Generations, OverflowPolicy, StoredGeneration, StoredGenerations, UnknownIdPolicy,
};
#[cfg(feature = "socket")]
pub use self::socket::{AddSocketHandle, Socket, SocketHandle, TcpOptions};
#[cfg(feature = "axum-serve")]
pub use self::socket::{MakeServiceWithSocket, MakeServiceWithSocketFuture, SocketListener};
pub use self::{
    close_reason::CloseReason,
    early::{EarlyBody, EarlyHead, EarlyHeadFuture, EarlyHeadLayer, LateAnswer, respond_early},
    error::{BoxError, Error},
    event::{
        Event, EventData, EventId, EventName, IntoEventId, IntoEventName, InvalidEventId,
        InvalidEventName,
    },
    event_map::{EventAction, EventMapBody, OversizePolicy, RawEvent},
    headers::{LastEventId, stop_reconnecting},
    layer::{OpenStream, OpenStreams, ResponseFuture, Sse, SseBody, SseLayer},
    policy::{
        FinalEvents, Heartbeat, Lifetime, LimitPolicy, Preamble, RejectPolicy, Retry, RevokePolicy,
        ShutdownPolicy, SseOptions,
    },
    report::{
        Labels, RejectReason, RejectedStream, RequestHead, StreamData, StreamInfo, StreamSummary,
        WireEnd,
    },
    shutdown::Shutdown,
    stream::{BoxEventStream, EventItem, EventStream, IntoSseResponse},
    wire::{EncodeEvent, EncodedEvent, Encoder},
};
#[cfg(feature = "json")]
pub use self::{
    stream::{JsonStream, TaggedStream},
    wire::{Json, Tagged, TaggedError},
};

/// The examples of the README, compiled and run.
#[cfg(all(doctest, feature = "axum", feature = "channel", feature = "tokio"))]
#[doc = include_str!("../README.md")]
struct Readme;
