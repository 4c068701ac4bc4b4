//! A subscriber's side of one or more channels.

mod member;
mod members;
mod opening;
mod poll;
mod reader;
mod report;
mod resumption;
#[expect(clippy::module_inception, reason = "it holds `Subscription`")]
mod subscription;

pub use self::subscription::Subscription;
