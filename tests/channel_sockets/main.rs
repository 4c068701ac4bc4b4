//! Channels over real sockets: many clients, clients that reconnect to one channel or several, hostile
//! ones, and ones that do not read.
//!
//! `cargo test --test channel_sockets -- --ignored --nocapture many` shows what ten thousand cost.

#![cfg(unix)]

mod client;
mod decode;
#[cfg(target_os = "linux")]
mod drawing;
#[cfg(target_os = "linux")]
mod readers;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod returning;
mod server;

mod hostile;
mod lagging;
#[cfg(target_os = "linux")]
mod many;
mod reconnecting;
#[cfg(target_os = "linux")]
mod several;
mod stuck;

#[path = "../support/alone.rs"]
mod alone;
#[cfg(target_os = "linux")]
#[path = "../support/descriptors.rs"]
mod descriptors;
#[path = "../support/guard.rs"]
mod guard;
#[cfg(target_os = "linux")]
#[path = "../support/random.rs"]
mod random;
#[cfg(target_os = "linux")]
#[path = "../support/rerun.rs"]
mod rerun;

use self::{
    alone::{alone, turn},
    guard::guard,
};
