//! What a node knows to be stored, by which it finds that the store has lost records.

mod acknowledged;
#[expect(clippy::module_inception, reason = "it holds `Seen`")]
mod seen;
mod state;

pub(in crate::channel) use self::seen::Seen;
