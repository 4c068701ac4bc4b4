//! A waker that remembers.

use std::{sync::Arc, task::Waker};

use futures_util::task::ArcWake;

use crate::sync::{
    AtomicWaker,
    atomic::{AtomicBool, Ordering},
};

/// A waker that forwards wake-ups to a task, and remembers whether there was one.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Relay {
    /// Forgets earlier wake-ups, and forwards later ones to this task.
    pub(crate) fn restart(&self, task: &Waker) {
        // Relaxed does: the poll that follows sees by itself what the earlier wake-ups were for.
        self.woken.store(false, Ordering::Relaxed);
        self.task.register(task);
    }

    /// Forwards later wake-ups to this task, and returns `true` if there was one since the start.
    pub(crate) fn redirect(&self, task: &Waker) -> bool {
        // A wake-up after the load goes to this task. The other way round, one between the load and the
        // registration would go to the previous task, and be lost.
        self.task.register(task);
        self.woken.load(Ordering::Acquire)
    }
}

impl ArcWake for Relay {
    fn wake_by_ref(relay: &Arc<Self>) {
        relay.woken.store(true, Ordering::Release);
        relay.task.wake();
    }
}
