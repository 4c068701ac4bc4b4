//! The store of the random model: Redis, which can be damaged, and a store around it that fails.
//!
//! `damage.rs`, `faulty.rs` and `rates.rs` are links to files of tower-sse.

mod damage;
mod damaged_redis;
mod driver;
mod faulty;
mod host;
mod rates;

pub(crate) use self::{
    damage::Damage, damaged_redis::DamagedRedis, faulty::FaultyStore, host::Host, rates::FaultRates,
};
