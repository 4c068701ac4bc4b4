use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::Context,
};

use futures_util::task::AtomicWaker;

use super::RevokePolicy;
use crate::CloseReason;

/// What is shared between an open stream and those who may end it from outside.
#[derive(Debug, Default)]
pub(crate) struct Control {
    order: OnceLock<Order>,
    waker: AtomicWaker,
    bytes: AtomicU64,
}

/// Why a stream is to end though nothing of its own says so.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Evict,
    Revoke(Arc<RevokePolicy>),
}

impl Order {
    pub(crate) fn reason(&self) -> CloseReason {
        match self {
            Self::Evict => CloseReason::Evicted,
            Self::Revoke(_) => CloseReason::Revoked,
        }
    }
}

impl Control {
    /// Has the stream end. Returns `false` if it has been told to end before.
    pub(crate) fn end(&self, order: Order) -> bool {
        let is_first = self.order.set(order).is_ok();
        if is_first {
            self.waker.wake();
        }
        is_first
    }

    /// Returns why the stream is to end, if it is.
    pub(crate) fn order(&self) -> Option<&Order> {
        self.order.get()
    }

    /// Has the stream's task woken by an order.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.waker.register(cx.waker());
    }

    /// Notes how many bytes the stream has sent in all.
    pub(crate) fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
