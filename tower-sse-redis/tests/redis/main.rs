//! The store in Redis, with servers of the tests' own: they need `redis-server`.
#![cfg(unix)]

mod bounds;
#[path = "../../../tests/store/contract.rs"]
mod contract;
mod contract_of_redis;
mod errors;
mod hubs;
mod losses;
mod options;
mod server;
#[path = "../../../tests/store/support.rs"]
mod support;
#[cfg(feature = "tls")]
mod tls;
