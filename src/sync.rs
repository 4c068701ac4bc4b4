//! Locks, atomics and wakers that threads share, and what each has for itself.
//!
//! The whole crate imports them from here, so that the loom tests (`tests/loom/`) can replace them
//! by loom's. `Arc` and `Weak` stay std's, because loom's `Arc` cannot hold a `dyn` and has no
//! `Weak`; the crate imports them from std.

// Loom's locks return these too.
pub(crate) use std::sync::PoisonError;
#[cfg(all(feature = "channel", not(all(test, loom))))]
pub(crate) use std::sync::{Condvar, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{Mutex, MutexGuard, OnceLock, atomic};
#[cfg(not(all(test, loom)))]
pub(crate) use std::thread_local;

#[cfg(not(all(test, loom)))]
pub(crate) use futures_util::task::AtomicWaker;
#[cfg(not(all(test, loom)))]
pub(crate) use tokio::sync::{Notify, futures::OwnedNotified};

// Tokio's own under loom too: no loom test uses what has them.
#[cfg(feature = "channel")]
pub(crate) use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Locks a mutex, also after a panic of another thread: the locked code leaves no state half-changed.
#[cfg(feature = "channel")]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, loom))]
pub(crate) use crate::loom_tests::sync::{
    AtomicWaker, Condvar, LocalCell, LocalRefCell, Mutex, MutexGuard, Notify, OnceLock,
    OwnedNotified, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic, thread_local,
};
