//! A subscriber's side of one or more channels.

mod changes;
mod control;
mod departures;
mod filter;
mod keyed;
mod member;
mod members;
mod opening;
mod poll;
mod reader;
mod report;
mod resumption;
mod rounds;
#[expect(clippy::module_inception, reason = "it holds `Subscription`")]
mod subscription;

pub(super) use self::control::{Change, Control};
pub use self::subscription::Subscription;
