//! Tests that look at times, at memory or at descriptors run one by one.

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::runtime::Runtime;

/// Waits until no other test of this process has its turn.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test within its [`turn`].
pub(crate) fn alone<F: Future>(test: F) -> F::Output {
    let _turn = turn();
    Runtime::new().unwrap().block_on(test)
}
