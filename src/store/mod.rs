//! Stores, by which several nodes share one hub.

mod epoch;

pub use self::epoch::{Epoch, InvalidEpoch};
