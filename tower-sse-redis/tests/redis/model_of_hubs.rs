//! The random model of hubs over a store, with Redis.

use crate::{hub_model::running::Seeds, stores::Host};

const SEEDS: Seeds = Seeds {
    count: 200,
    count_variable: "REDIS_SEEDS",
    seed_variable: "REDIS_SEED",
};

#[test]
fn clients_of_several_hubs_over_redis_miss_nothing_in_silence() {
    let host = Host::start();
    SEEDS.check(&|seed, epoch| host.store(seed, epoch));
}

#[test]
#[ignore = "it checks nothing"]
fn how_many_seeds_fail() {
    let host = Host::start();
    SEEDS.count(&|seed, epoch| host.store(seed, epoch));
}
