//! A server with open streams that is told to stop: real processes and real sockets.
//!
//! `cargo test --test shutdown -- --nocapture` shows how long it takes.

#![cfg(unix)]

mod clients;
mod curl;
mod descriptors;
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

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::runtime::Runtime;

/// The longest that a server may take to end, with some hundreds of streams. It takes some hundredths
/// of it, and without a [`tower_sse::Shutdown`] for ever.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Far above what any step takes: it only keeps a failing test from hanging.
async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), step)
        .await
        .expect("the step takes for ever")
}

/// Waits until no other test runs, for they look at times and at what the process holds.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test, all of it within its [`turn`].
fn alone<F: Future>(test: F) -> F::Output {
    let _turn = turn();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(test)
}
