//! Channels in every order in which threads can run, by loom.
//!
//! These are the files of the crate themselves, and all that they use of it. Only their `std` and
//! their `tokio` are this test, where locks and atomics are loom's.

extern crate self as std;
extern crate self as tokio;
extern crate std as real;

pub(crate) use real::{
    any, borrow, cell, cmp, collections, error, fmt, future, hash, iter, marker, mem, num, ops,
    panic, pin, process, ptr, str, task, time,
};

mod closing;
mod departing;
mod lagging;
mod occupied;
mod publishing;
mod resuming;
mod state;
mod steps;
mod support;
mod topics;

#[path = "../lifecycle/loom/notify.rs"]
mod notify;

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the crate's face"
)]
#[path = "../../src/channel/mod.rs"]
mod channel;

#[allow(dead_code, reason = "layers use more of it")]
#[path = "../../src/chance.rs"]
mod chance;

#[allow(dead_code, unreachable_pub, reason = "the crate's face")]
#[path = "../../src/lifecycle/close_reason.rs"]
mod close_reason;

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "streams use more of it"
)]
#[path = "../../src/encode/mod.rs"]
mod encode;

#[allow(dead_code, unreachable_pub, reason = "the crate's face")]
#[path = "../../src/event/mod.rs"]
mod event;

#[allow(dead_code, unreachable_pub, reason = "streams use more of it")]
#[path = "../../src/error.rs"]
mod failure;

#[path = "../../src/run.rs"]
mod run;

#[allow(dead_code, reason = "streams use more of it")]
#[path = "../../src/signal.rs"]
mod signal;

#[allow(unreachable_pub, reason = "the crate's face")]
#[path = "../../src/stream/item.rs"]
mod item;

#[allow(dead_code, unreachable_pub, reason = "layers use more of it")]
#[path = "../../src/last_event_id.rs"]
mod last_event_id;

#[allow(dead_code, reason = "streams use more of it")]
#[path = "../../src/timer.rs"]
mod timer;

pub(crate) mod sync {
    pub(crate) use loom::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
    // Those of loom know neither `Weak` nor `dyn`.
    pub(crate) use real::sync::{Arc, PoisonError, TryLockError, Weak};

    pub(crate) use crate::{notify::Notify, steps as atomic};

    pub(crate) mod futures {
        pub(crate) use crate::notify::OwnedNotified;
    }
}

use crate::{
    channel::{
        Channel, ChannelEvent, ChannelOptions, LagPolicy, NoticePolicy, StateChannel, Subscription,
        Topics,
    },
    close_reason::CloseReason,
    encode::{EncodeEvent, EncodedEvent, Encoder},
    event::{Event, EventId, EventName, InvalidEventId, InvalidEventName},
    failure::{BoxError, Error},
    item::EventItem,
    last_event_id::LastEventId,
};
