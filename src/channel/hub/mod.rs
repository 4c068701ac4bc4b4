//! Channels by name, which share one sequence of ids.

mod appending;
mod change_entry;
mod closing;
mod committing;
mod elsewhere;
mod event_forms;
mod followed;
mod following;
mod generation_names;
#[expect(clippy::module_inception, reason = "it holds `Hub`")]
mod hub;
mod idle;
mod in_memory;
mod keyed;
mod loading;
mod membership;
#[cfg(feature = "metrics")]
mod metrics;
mod named;
mod node;
mod opening;
mod options;
mod outages;
mod preparing;
mod presence;
mod presence_task;
pub(super) mod registration;
mod registry;
mod removed;
pub(super) mod shared;
mod stop;
mod subscriber;
mod subscribers;

pub(super) use self::change_entry::SubscribersChange;
pub(crate) use self::generation_names::GENERATION;
pub use self::{
    hub::Hub, options::HubOptions, presence::Presence, subscriber::Subscriber,
    subscribers::Subscribers,
};
