//! Locks, atomics and wakers: where threads meet.
//!
//! The whole crate takes them from here. `Arc` and `Weak` are std's and are not here.

pub(crate) use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, atomic};
#[cfg(feature = "channel")]
pub(crate) use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

pub(crate) use futures_util::task::AtomicWaker;
pub(crate) use tokio::sync::{Notify, futures::OwnedNotified};
