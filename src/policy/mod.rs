//! The settings of users: the options of a stream ([`SseOptions`], written in the table of
//! `stream_options`), and the policies that are values of them or of a layer's own settings.

mod fill;
mod final_events;
mod heartbeat;
mod lifetime;
mod limit;
mod options;
mod preamble;
mod reconnect;
mod reject;
mod retry;
mod revoke;
mod shutdown;
mod stream_options;

pub use self::{
    final_events::FinalEvents, heartbeat::Heartbeat, lifetime::Lifetime, limit::LimitPolicy,
    options::SseOptions, preamble::Preamble, reject::RejectPolicy, retry::Retry,
    revoke::RevokePolicy, shutdown::ShutdownPolicy,
};
pub(crate) use self::{
    reconnect::{late_event, retry_event, stop_event, was_stopped},
    stream_options::stream_options,
};
