//! `Shutdown` and the caps in every order in which threads can run, by loom.
//!
//! These are the files of the crate themselves. Only their `std` and their `tokio` are this test,
//! where locks and atomics are loom's.

extern crate self as std;
extern crate self as tokio;
extern crate std as real;

pub(crate) use real::{collections, fmt, future, hash, pin, task, time};

mod caps;
mod ends;
mod notify;
mod threads;

#[allow(dead_code, unreachable_pub, reason = "it is part of the crate's face")]
#[path = "../../../src/lifecycle/shutdown.rs"]
mod shutdown;

#[allow(dead_code, reason = "streams use more of it")]
#[path = "../../../src/timer.rs"]
mod timer;

#[allow(dead_code, reason = "layers tell them apart")]
#[path = "../../../src/lifecycle/limit.rs"]
mod limit;

pub(crate) mod sync {
    pub(crate) use loom::sync::{Mutex, MutexGuard, atomic};
    // A count of references is nothing that the crate decides by.
    pub(crate) use real::sync::{Arc, PoisonError};

    pub(crate) use crate::notify::Notify;

    pub(crate) mod futures {
        pub(crate) use crate::notify::OwnedNotified;
    }
}

/// How the crate refuses, which is nothing to its caps.
#[derive(Clone)]
struct Refuse;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefuseReason {
    TooMany,
    TooManyOfKey,
}

#[derive(Clone, Copy)]
struct RequestHead<'a> {
    key: &'a str,
}
