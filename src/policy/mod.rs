//! What users configure: the options of a stream, and the policies of a layer.

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

pub(crate) use self::reconnect::{retry_event, stop_event, was_stopped};
pub use self::{
    final_events::FinalEvents, heartbeat::Heartbeat, lifetime::Lifetime, limit::LimitPolicy,
    options::SseOptions, preamble::Preamble, reject::RejectPolicy, retry::Retry,
    revoke::RevokePolicy, shutdown::ShutdownPolicy,
};
