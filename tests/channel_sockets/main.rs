//! Channels over real sockets: clients that are many, that come back, that lie or that do not read.
//!
//! `cargo test --test channel_sockets -- --ignored --nocapture` shows what ten thousand cost.

#![cfg(unix)]

mod client;
mod decode;
#[cfg(target_os = "linux")]
mod readers;
mod server;

mod hostile;
mod lagging;
#[cfg(target_os = "linux")]
mod many;
mod reconnecting;
mod stuck;

#[path = "../support/alone.rs"]
mod alone;
#[cfg(target_os = "linux")]
#[path = "../support/descriptors.rs"]
mod descriptors;
#[path = "../support/guard.rs"]
mod guard;
#[cfg(target_os = "linux")]
#[path = "../support/rerun.rs"]
mod rerun;

use self::{
    alone::{alone, turn},
    guard::guard,
};
