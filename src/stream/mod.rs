//! A stream of events as a response body.
//!
//! `event_stream` has the type and its setters, `body` polls it. `scope` is how the subscriptions of
//! channels, somewhere within the stream, report to it.

mod body;
mod boxed;
mod budget;
mod event_stream;
mod failure;
mod into_response;
mod item;
#[cfg(feature = "json")]
mod json;
mod owed_pending;
mod relay;
mod response;
#[cfg_attr(
    not(feature = "channel"),
    expect(dead_code, reason = "subscriptions alone report")
)]
pub(crate) mod scope;

#[cfg(feature = "channel")]
pub(crate) use self::budget::PollBudget;
#[cfg(feature = "json")]
pub use self::json::{JsonStream, TaggedStream};
pub use self::{
    boxed::BoxEventStream, event_stream::EventStream, into_response::IntoSseResponse,
    item::EventItem,
};
pub(crate) use self::{failure::Failure, owed_pending::OwedPending};
