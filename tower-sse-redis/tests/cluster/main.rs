//! Nodes as processes of their own over one Redis, while Redis and the nodes are killed and stopped. They need
//! `redis-server` and a minute: `cargo test -p tower-sse-redis --test cluster -- --include-ignored --nocapture`.
//!
//! `CLUSTER_EVENTS` sets how many events the runs with kills publish, and `CLUSTER_SECONDS` how long they take at least.
//!
//! `guard.rs`, `random.rs` and `server.rs` are links to files of other tests.
#![cfg(unix)]

mod client;
mod clients;
mod cluster;
mod files;
mod node;
mod nodes;
mod place;
mod publisher;
mod reader;
mod report;
mod stored;
mod truth;

mod connections;
mod deleting;
mod figures;
mod flushing;
mod killing;
mod pausing;
mod putting_back;
mod trimming;
mod versions;

mod guard;
mod random;
#[allow(dead_code)]
mod server;

use self::guard::guard;
