#[cfg(feature = "channel")]
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::{
    hash::{BuildHasher, RandomState},
    process,
    time::{Duration, SystemTime},
};

/// Draws a time between none and this.
///
/// It is chance enough to spread clients, and no more: the keys of each `RandomState` differ.
pub(crate) fn jitter(of: Duration) -> Duration {
    share(of, random_bits())
}

/// Draws a time between none and this by what a clock has measured.
///
/// The nanoseconds of a call over a network are chance enough to spread nodes. With a paused clock they are the
/// same each time, and so is a random test.
#[cfg(feature = "channel")]
pub(crate) fn jitter_by(of: Duration, measured: Duration) -> Duration {
    share(
        of,
        BuildHasherDefault::<DefaultHasher>::default().hash_one(measured),
    )
}

fn share(of: Duration, bits: u64) -> Duration {
    let nanos = u64::try_from(of.as_nanos()).unwrap_or(u64::MAX);
    let share = (u128::from(nanos) * u128::from(bits)) >> 64;
    Duration::from_nanos(share as u64)
}

/// Draws 64 bits.
pub(crate) fn random_bits() -> u64 {
    if cfg!(target_family = "wasm") {
        // It has neither processes nor, everywhere, a clock: asking for one panics.
        return RandomState::new().hash_one(());
    }
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    mix(
        &RandomState::new(),
        process::id(),
        time.unwrap_or_else(|before| before.duration()),
    )
}

/// Makes bits of keys, and of what differs where the keys do not: they are drawn once for a thread and
/// counted up, so processes that were forked from one, or restored from one image, have the same.
fn mix(keys: &RandomState, process: u32, time: Duration) -> u64 {
    keys.hash_one((process, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_with_the_same_keys_in_another_process_or_at_another_time() {
        let (keys, time) = (RandomState::new(), Duration::new(1_800_000_000, 5));
        let later = time + Duration::from_nanos(1);
        let drawn = mix(&keys, 7, time);
        assert_eq!(drawn, mix(&keys, 7, time));
        assert_ne!(drawn, mix(&keys, 8, time));
        assert_ne!(drawn, mix(&keys, 7, later));
        assert_ne!(drawn, mix(&RandomState::new(), 7, time));
    }

    #[test]
    fn draws_a_part_of_a_time() {
        let max = Duration::from_secs(10);
        let drawn: Vec<_> = (0..1000).map(|_| jitter(max)).collect();
        assert!(drawn.iter().all(|share| *share < max));
        assert!(drawn.iter().any(|share| *share < max / 4));
        assert!(drawn.iter().any(|share| *share > max / 4 * 3));
        assert_eq!(jitter(Duration::ZERO), Duration::ZERO);
    }
}
