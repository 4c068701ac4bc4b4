//! The store in Redis, with servers of the tests' own: they need `redis-server`.
//!
//! `contract.rs`, `random.rs` and `support.rs` are links to files of tower-sse.
#![cfg(unix)]

mod bounds;
mod contract;
mod contract_of_redis;
mod errors;
mod hubs;
mod losses;
mod model;
mod options;
mod random;
mod restarts;
mod server;
mod support;
#[cfg(feature = "tls")]
mod tls;
