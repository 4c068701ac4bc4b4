//! Channels by name, which share one sequence of ids.

#[expect(clippy::module_inception, reason = "it holds `Hub`")]
mod hub;
mod options;
mod registry;
mod removed;
pub(super) mod shared;

pub use self::{hub::Hub, options::HubOptions};
