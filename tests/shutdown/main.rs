//! A server with open streams that has to stop: real processes and real sockets.
//!
//! `cargo test --test shutdown -- --nocapture` shows how long it takes.

#![cfg(unix)]

mod clients;
mod curl;
mod example;
mod http2;
mod server;

mod finishing;
mod graceful;
mod late;
#[cfg(target_os = "linux")]
mod many;
mod process;
mod stuck;

#[path = "../support/alone.rs"]
mod alone;
#[path = "../support/curl_command.rs"]
mod curl_command;
#[path = "../support/descriptors.rs"]
mod descriptors;
#[path = "../support/guard.rs"]
mod guard;
#[path = "../support/launch.rs"]
mod launch;
#[cfg(target_os = "linux")]
#[path = "../support/rerun.rs"]
mod rerun;

use std::time::Duration;

#[cfg(target_os = "linux")]
use self::alone::turn;
use self::{alone::alone, guard::guard};

/// The longest that a server may take to end, on a machine that is busy with other programs. It takes some
/// hundredths of a second; one that waits for a heartbeat or a deadline takes 15 s or more.
const AT_ONCE: Duration = Duration::from_secs(5);
