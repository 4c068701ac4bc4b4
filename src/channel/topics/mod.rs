//! Channels by key.

mod locked;
mod map;
mod options;
#[expect(clippy::module_inception, reason = "it holds `Topics`")]
mod topics;

pub use self::topics::Topics;
