//! A random test of channels: any commands in any order, compared with a model.
//!
//! The state machine is two channels and all their subscribers. [`commands`] says what publishers,
//! subscribers and the server can do, and draws it at random. Each command runs twice: [`model`]
//! computes what should happen, by hand and from the documentation, and [`system`] has real channels
//! and streams do it. After each command [`test`] compares what clients see, the ids, the counts of
//! subscribers and the wake-ups of tasks.
//!
//! A failure prints the shrunk commands, and its seed. To run the same cases again:
//!
//! ```sh
//! PROPTEST_RNG_SEED=<seed> cargo test --all-features --test channel any::property
//! ```
//!
//! To add a command: a variant of [`commands::Command`], its weight in `commands/generate.rs`, what it
//! changes in [`model::Model`] and in [`system::System`], and an arm in [`test::Test::run`] that calls
//! the two.

mod commands;
mod config;
mod model;
mod payload;
mod property;
mod system;
mod test;
