use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Draws a time between none and this.
///
/// It is chance enough to spread clients, and no more: the keys of each `RandomState` differ.
pub(crate) fn share(of: Duration) -> Duration {
    let nanos = u64::try_from(of.as_nanos()).unwrap_or(u64::MAX);
    let share = (u128::from(nanos) * u128::from(bits())) >> 64;
    Duration::from_nanos(share as u64)
}

/// Draws 64 bits.
pub(crate) fn bits() -> u64 {
    RandomState::new().hash_one(())
}
