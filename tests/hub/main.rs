//! A random test of hubs: any commands in any order, compared with a model.
//!
//! A seed draws the bounds and policies of a hub ([`config`]) and what publishers, clients and the
//! program do ([`commands`]). Each command runs twice: [`system`] has a real hub and its subscriptions do
//! it, and [`model`] computes what must come of it from two plain lists: all events that were ever published, and,
//! for each client, those that it must still get. After each poll [`test`] compares.
//!
//! What clients are promised, and what the model checks, is at [`model::Client`]. A failure prints the
//! seed and the fewest of its commands that fail. To run one seed, or more of them than by default:
//!
//! ```sh
//! HUB_SEED=<seed> cargo test --all-features --test hub
//! HUB_SEEDS=1000000 cargo test --all-features --test hub
//! ```
//!
//! `mutants/run` breaks a copy of the crate by each of the patches beside it, each against one rule, and
//! counts the seeds that fail.

mod case;
mod commands;
mod config;
mod drawing;
mod found;
mod model;
mod property;
mod shrink;
mod system;
mod test;

#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/task.rs"]
mod task;
