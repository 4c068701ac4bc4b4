use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Context,
};

use futures_util::task::AtomicWaker;

use super::permit::Permit;
use crate::{CloseReason, RevokePolicy};

/// What is shared between an open stream and the handles that can end it from outside.
#[derive(Default)]
pub(crate) struct Control {
    order: OnceLock<EndOrder>,
    waker: AtomicWaker,
    bytes: AtomicU64,
    /// The stream's places, where a newer stream may take them away. They are given back with the lock
    /// held, so that a second thread that gives them back knows afterwards that they are. A limit's own
    /// lock is taken within this one, never the other way round.
    permits: Mutex<Vec<Permit>>,
    holds: AtomicBool,
}

/// Why a stream is to end though nothing of its own says so.
#[derive(Clone, Debug)]
pub(crate) enum EndOrder {
    Evict,
    Revoke(Arc<RevokePolicy>),
}

impl EndOrder {
    pub(crate) fn reason(&self) -> CloseReason {
        match self {
            Self::Evict => CloseReason::Evicted,
            Self::Revoke(_) => CloseReason::Revoked,
        }
    }
}

impl Control {
    /// Has the stream end. Returns `false` if it already has an order to end.
    pub(crate) fn end(&self, order: EndOrder) -> bool {
        let is_first = self.order.set(order).is_ok();
        if is_first {
            self.waker.wake();
        }
        is_first
    }

    /// Returns why the stream is to end, if it has an order to.
    pub(crate) fn order(&self) -> Option<&EndOrder> {
        self.order.get()
    }

    /// Has the stream's task woken by an order.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.waker.register(cx.waker());
    }

    /// Holds places for the stream.
    pub(crate) fn hold(&self, permits: Vec<Permit>) {
        let mut held = self.lock();
        held.extend(permits);
        self.holds.store(!held.is_empty(), Ordering::Release);
    }

    /// Returns `true` if the stream has places.
    pub(crate) fn holds(&self) -> bool {
        self.holds.load(Ordering::Acquire)
    }

    /// Gives the stream's places back.
    pub(crate) fn release(&self) {
        let mut held = self.lock();
        held.clear();
        self.holds.store(false, Ordering::Release);
    }

    /// Notes how many bytes the stream has sent in all.
    pub(crate) fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Permit>> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}
