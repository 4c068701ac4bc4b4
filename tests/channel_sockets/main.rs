//! Channels over real sockets: clients that are many, that come back, that lie or that do not read.
//!
//! `cargo test --test channel_sockets -- --ignored --nocapture` shows what ten thousand cost.

#![cfg(unix)]

mod client;
mod decode;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the other test counts them")]
#[path = "../shutdown/descriptors.rs"]
mod descriptors;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod readers;
mod server;

mod hostile;
mod lagging;
#[cfg(target_os = "linux")]
mod many;
mod reconnecting;
mod stuck;

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::runtime::Runtime;

/// Far above what any step takes: it only keeps a failing test from hanging.
async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), step)
        .await
        .expect("the step takes for ever")
}

/// Waits until no other test runs, for some look at times and at memory.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test, all of it within its [`turn`].
fn alone<F: Future>(test: F) -> F::Output {
    let _turn = turn();
    Runtime::new().unwrap().block_on(test)
}
