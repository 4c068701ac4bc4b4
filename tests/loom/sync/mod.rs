//! `crate::sync` by loom. Where loom has no such type, or one with another interface, there is a
//! stand-in with loom's lock that does what the documentation of the real type says.

pub(crate) mod atomic;
mod atomic_waker;
mod local_key;
mod notify;
mod once_lock;

pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

pub(crate) use self::{
    atomic_waker::AtomicWaker,
    local_key::{LocalCell, LocalRefCell, loom_thread_local as thread_local},
    notify::{Notify, OwnedNotified},
    once_lock::OnceLock,
};
