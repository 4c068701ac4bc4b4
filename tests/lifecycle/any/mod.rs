//! A random test of the layers: any commands in any order, compared with a model.
//!
//! The state machine is a server of one layer or two, and all requests and streams of it. [`commands`]
//! says what clients, handlers and the server can do, and draws it at random. Each command runs twice:
//! [`model`] computes what should happen, by hand and from the documentation, and [`system`] has the
//! real layers do it. After each command [`test`] compares what the requests, streams, callbacks,
//! registries and shutdowns of both say, and asserts that every task that has something to do is woken.
//!
//! A failure prints the shrunk commands, and its seed. To run the same cases again:
//!
//! ```sh
//! PROPTEST_RNG_SEED=<seed> cargo test --all-features --test lifecycle any::property
//! ```
//!
//! A failure that chance rarely finds becomes a test in [`cases`].
//!
//! To add a command: a variant of [`commands::Command`], its weight in `commands/generate.rs`, what it
//! changes in [`model::Model`] and in [`system::System`], and an arm in [`test::Test::run`] that calls
//! the two.

mod cases;
mod commands;
mod config;
mod final_events;
mod model;
mod options;
mod polled;
mod property;
mod report;
mod shutdowns;
mod system;
mod test;
