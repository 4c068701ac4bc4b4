//! A subscriber's side of a channel.

mod cursor;
mod opening;
mod poll;
mod report;
#[expect(clippy::module_inception, reason = "it holds `Subscription`")]
mod subscription;

pub use self::subscription::Subscription;
