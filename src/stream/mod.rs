//! A stream of events as a response body.

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
    not(any(feature = "channel", test)),
    expect(dead_code, reason = "subscriptions alone report")
)]
pub(crate) mod scope;

#[cfg(feature = "channel")]
pub(crate) use self::budget::PollBudget;
#[cfg(feature = "json")]
pub use self::json::{JsonStream, TaggedStream};
pub(crate) use self::owed_pending::OwedPending;
pub use self::{
    boxed::BoxEventStream, event_stream::EventStream, into_response::IntoSseResponse,
    item::EventItem,
};
