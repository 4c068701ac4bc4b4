//! Channels by name, which share one sequence of ids.

mod appending;
#[expect(clippy::module_inception, reason = "it holds `Hub`")]
mod hub;
mod in_memory;
mod keyed;
mod membership;
mod named;
mod options;
mod presence;
pub(super) mod registration;
mod registry;
mod removed;
pub(super) mod shared;
mod subscriber;
mod subscribers;

pub use self::{
    hub::Hub, options::HubOptions, presence::Presence, subscriber::Subscriber,
    subscribers::Subscribers,
};
