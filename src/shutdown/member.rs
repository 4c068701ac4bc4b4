use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::state::ShutdownState;
use crate::sync::{OwnedNotified, atomic::Ordering};

/// A stream's membership in a shutdown: it counts as open until it is dropped.
pub(crate) struct Member {
    pub(super) state: Arc<ShutdownState>,
    pub(super) woken: Pin<Box<OwnedNotified>>,
    /// The task that the trigger wakes.
    pub(super) waker: Option<Waker>,
}

impl Member {
    pub(crate) fn is_triggered(&self) -> bool {
        self.state.triggered.load(Ordering::Acquire)
    }

    /// Polls for the beginning of the shutdown.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_triggered() {
            return Poll::Ready(());
        }
        // All streams share a lock behind this, so it is taken only for another waker.
        if self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        self.woken.as_mut().poll(cx)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut count = self.state.count();
        count.open -= 1;
        let drained = count.open == 0 && count.trigger.is_some();
        drop(count);
        if drained {
            self.state.drained_notify.notify_waiters();
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Member")
    }
}
