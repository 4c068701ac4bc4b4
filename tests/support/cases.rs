//! Random cases that can be run again.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

use proptest::test_runner::{Config, RngSeed};

/// Configures a property with this number of cases. A failing test prints its seed; with that seed in
/// the environment variable `PROPTEST_RNG_SEED` it runs the same cases again.
pub(crate) fn cases(cases: u32) -> Config {
    let default = Config::default();
    let seed = match default.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(cases),
    };
    println!("to run the same cases again, set PROPTEST_RNG_SEED={seed}");
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..default
    }
}
