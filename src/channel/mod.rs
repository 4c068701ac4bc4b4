//! Channels: feeds of events for many clients, which can resume with no loss and no duplicates.
//!
//! - A [`Channel`] has a log (`log`) and subscribers (`subscribers`), both in `shared`.
//! - A [`Hub`] has channels by name, which share one sequence of ids. A channel alone is a hub
//!   of one.
//! - A [`KeyedChannel`] has the newest event for each key (`keyed_log`) in place of a window (`window`).
//! - A [`Presence`] has the names of a channel's subscribers, and a keyed channel of their changes
//!   (`presence`).
//! - A [`Subscription`] is a position in the logs of one or more channels.
//! - A [`StateChannel`] adds a state to a channel.

#[cfg(feature = "axum")]
mod axum;
mod backing;
mod borrow;
#[expect(clippy::module_inception, reason = "it holds `Channel`")]
mod channel;
mod error;
mod event;
mod event_ref;
mod gap;
mod hub;
mod invalid_name;
#[cfg(feature = "json")]
mod json;
mod key_policy;
mod keyed;
mod keyed_log;
mod lag;
mod log;
mod log_keys;
mod node;
mod notice;
mod numbered;
mod options;
mod presence;
mod publish;
mod publisher;
mod shared;
mod start;
mod state;
mod stored;
mod subscribers;
mod subscribers_error;
mod subscription;
mod window;

pub(crate) use self::hub::GENERATION;
pub use self::{
    backing::{Memory, Stored},
    borrow::BorrowEvent,
    channel::Channel,
    error::{ChannelError, PublishError},
    event::ChannelEvent,
    event_ref::EventRef,
    gap::{Gap, GapPolicy},
    hub::{Hub, HubOptions, Presence, Subscriber, Subscribers},
    invalid_name::InvalidName,
    key_policy::KeyPolicy,
    keyed::KeyedChannel,
    lag::LagPolicy,
    notice::NoticePolicy,
    options::ChannelOptions,
    start::ChannelStart,
    state::StateChannel,
    subscribers_error::SubscribersError,
    subscription::Subscription,
};
