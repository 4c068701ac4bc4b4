//! Shutdowns, limits, orders to end and wake-ups in every order in which threads can run, by loom.
//!
//! These are the files of the crate themselves. Only their `std`, their `tokio` and their
//! `futures_util` are this test, where locks and atomics are loom's.

extern crate self as futures_util;
extern crate self as std;
extern crate self as tokio;
extern crate std as real;

pub(crate) use real::{any, collections, fmt, future, hash, mem, pin, time};

mod caps;
mod ends;
mod evictions;
mod notify;
mod once_lock;
mod pendings;
mod requests;
mod revocations;
mod threads;
mod waits;
mod waker;

#[allow(dead_code, reason = "streams use more of it")]
#[path = "../../../src/alarm.rs"]
mod alarm;

#[allow(dead_code, reason = "layers use more of it")]
#[path = "../../../src/lifecycle/claims.rs"]
mod claims;

#[allow(dead_code, unreachable_pub, reason = "it is part of the crate's face")]
#[path = "../../../src/lifecycle/close_reason.rs"]
mod close_reason;

#[allow(dead_code, reason = "the registry uses more of it")]
#[path = "../../../src/lifecycle/control.rs"]
mod control;

#[allow(dead_code, unreachable_pub, reason = "it is part of the crate's face")]
#[path = "../../../src/lifecycle/limit_policy.rs"]
mod limit_policy;

#[allow(dead_code, unreachable_pub, reason = "it is part of the crate's face")]
#[path = "../../../src/lifecycle/info.rs"]
mod info;

#[allow(dead_code, unreachable_pub, reason = "it is part of the crate's face")]
#[path = "../../../src/lifecycle/open_streams.rs"]
mod open_streams;

#[allow(dead_code, reason = "bodies use more of it")]
#[path = "../../../src/owed_pending.rs"]
mod owed_pending;

#[path = "../../../src/relay.rs"]
mod relay;

#[path = "../../../src/lifecycle/room.rs"]
mod room;

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

    pub(crate) use crate::{notify::Notify, once_lock::OnceLock};

    pub(crate) mod futures {
        pub(crate) use crate::notify::OwnedNotified;
    }
}

pub(crate) mod task {
    pub(crate) use futures::task::{ArcWake, waker_ref};
    pub(crate) use real::task::{Context, Poll, Waker, ready};

    pub(crate) use crate::waker::AtomicWaker;
}

use crate::{
    close_reason::CloseReason,
    info::{Labels, StreamData, StreamInfo},
    limit_policy::LimitPolicy,
};

/// How the crate refuses, which is nothing to its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectPolicy;

impl RejectPolicy {
    pub(crate) const fn softly() -> Self {
        Self
    }
}

type Refused = (RejectReason, Box<RejectPolicy>);

/// How streams are revoked, which is nothing to their control.
#[derive(Debug)]
pub struct RevokePolicy;

/// What a stream has sent.
#[derive(Clone)]
struct Tally;

impl Tally {
    fn events(&self) -> u64 {
        0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RejectReason {
    TooMany,
    TooManyOfKey,
}

#[derive(Clone, Copy)]
struct RequestHead<'a> {
    key: &'a str,
}
