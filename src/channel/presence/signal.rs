//! A signal for a task.

use std::{future::poll_fn, task::Poll};

use crate::sync::{
    AtomicWaker,
    atomic::{AtomicBool, Ordering},
};

/// A signal that there is something to do. One task waits for it.
#[derive(Debug, Default)]
pub(super) struct Signal {
    is_set: AtomicBool,
    task: AtomicWaker,
}

impl Signal {
    pub(super) fn set(&self) {
        self.is_set.store(true, Ordering::Release);
        self.task.wake();
    }

    pub(super) async fn wait(&self) {
        poll_fn(|cx| {
            // Before the flag is read, so that no signal after it is missed.
            self.task.register(cx.waker());
            match self.is_set.swap(false, Ordering::Acquire) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}
