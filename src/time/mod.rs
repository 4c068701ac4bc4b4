//! The timer that a layer shares with its streams, sleeps that can be moved, and jitter.

mod jitter;
mod sleep;
mod timer;

#[cfg(feature = "channel")]
pub(crate) use self::jitter::{jitter_by, random_bits};
pub(crate) use self::{jitter::jitter, sleep::ResettableSleep, timer::SharedTimer};
