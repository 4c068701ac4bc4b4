use std::{fmt, sync::Arc, task::Context};

use super::permit::Permit;
use crate::{
    CloseReason, RevokePolicy,
    sync::{
        AtomicWaker, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// The state that an open stream shares with those that can end it from outside: a newer stream
/// that evicts it, and an [`OpenStreams`](crate::OpenStreams) handle.
///
/// An order to end waits here, and not in the body, because the body belongs to the server's task.
/// The order wakes that task.
#[derive(Default)]
pub(crate) struct Control {
    order: OnceLock<EndOrder>,
    waker: AtomicWaker,
    bytes: AtomicU64,
    /// The stream's places, where a newer stream may take them away. They are given back with the lock
    /// held: when a second thread that gives them back returns, they have been. A limit's own lock is
    /// taken within this one, never the other way round.
    permits: Mutex<Vec<Permit>>,
    /// Whether there are any, so that a queue which is locked can tell without this lock.
    holds: AtomicBool,
}

/// An order to end a stream that comes from outside the stream.
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
    /// Orders the stream to end. Returns `false` if it already has an order.
    pub(crate) fn end(&self, order: EndOrder) -> bool {
        let is_first = self.order.set(order).is_ok();
        if is_first {
            self.waker.wake();
        }
        is_first
    }

    /// Returns the order to end the stream, if there is one.
    pub(crate) fn order(&self) -> Option<&EndOrder> {
        self.order.get()
    }

    /// Registers the stream's task, which an order wakes.
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

    /// Sets how many bytes the stream has sent in all.
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
