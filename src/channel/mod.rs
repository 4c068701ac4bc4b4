//! Channels: one feed of events for many clients, which can resume with no loss and no duplicates.
//!
//! - A [`Channel`] has a log (`log`), an epoch for its ids (`epoch`), and the tasks that wait for the
//!   next event (`wakers`), all in `shared`.
//! - A [`Subscription`] is a position in that log.
//! - A [`StateChannel`] adds a state to a channel, and [`Topics`] keep a channel for each key.

#[cfg(feature = "axum")]
mod axum;
mod borrow;
mod change;
#[expect(clippy::module_inception, reason = "it holds `Channel`")]
mod channel;
mod epoch;
mod error;
mod event;
mod gap;
#[cfg(feature = "json")]
mod json;
mod lag;
mod log;
mod notice;
mod numbered;
mod options;
mod publish;
mod shared;
mod state;
mod subscription;
mod topics;
mod wakers;

pub use self::{
    borrow::BorrowEvent,
    channel::Channel,
    error::{PublishError, TooManyTopics},
    event::ChannelEvent,
    gap::{Gap, GapPolicy},
    lag::LagPolicy,
    notice::NoticePolicy,
    options::ChannelOptions,
    state::StateChannel,
    subscription::Subscription,
    topics::Topics,
};
