//! The random model over the plain store.

use crate::{
    model::{
        restarting::Restarting,
        running::{Make, Seeds, history},
    },
    stores::PlainStore,
};

/// `tests/all` runs 20,000, optimized.
const SEEDS: Seeds = Seeds {
    count: 100,
    count_variable: "NODES_SEEDS",
    seed_variable: "NODES_SEED",
};

const MAKE: Make<'static> = &|_, epoch| PlainStore::new(epoch);

impl Restarting for PlainStore {}

#[test]
fn clients_of_several_hubs_miss_nothing_in_silence() {
    SEEDS.check(MAKE);
}

#[test]
#[ignore = "it checks nothing"]
fn how_many_seeds_fail() {
    SEEDS.count(MAKE);
}

#[test]
fn a_seed_makes_the_same_history_each_time() {
    for seed in 0..8 {
        let histories = [history(seed, MAKE).0, history(seed, MAKE).0];
        for (line, again) in histories[0].lines().zip(histories[1].lines()) {
            assert_eq!(line, again, "seed {seed}");
        }
    }
}
