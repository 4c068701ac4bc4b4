//! The store in Redis, with servers of the tests' own: they need `redis-server`.
//!
//! `contract.rs`, `hub_model`, `random.rs` and `support.rs` are links to files of tower-sse.
#![cfg(unix)]

mod bounds;
mod contract;
mod contract_of_redis;
mod errors;
mod generations;
mod hub_model;
mod hubs;
mod losses;
mod model;
mod model_of_hubs;
mod options;
mod random;
mod restarts;
mod server;
mod stores;
mod support;
#[cfg(feature = "tls")]
mod tls;

/// The store of `hub_model`.
type ModelStore = stores::DamagedRedis;
