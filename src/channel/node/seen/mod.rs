//! The positions that must be in the store, by which a node finds that records are lost.

mod acknowledged;
#[expect(clippy::module_inception, reason = "it holds `Seen`")]
mod seen;
mod state;

pub(in crate::channel) use self::seen::Seen;
