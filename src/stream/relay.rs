use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use futures_util::task::{ArcWake, AtomicWaker};

/// A waker that passes its wake-ups on to a task, and remembers whether there was one.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Relay {
    /// Forgets the wake-ups so far, and passes later ones on to this task.
    pub(crate) fn start(&self, task: &Waker) {
        // What the wake-ups so far were for, the poll that follows sees by itself, as any poll does.
        self.woken.store(false, Ordering::Relaxed);
        self.task.register(task);
    }

    /// Passes later wake-ups on to this task, and returns `true` if there was one since the start.
    pub(crate) fn has_woken(&self, task: &Waker) -> bool {
        // A wake-up after the look goes to the task. The other way round, one between the look and the
        // registration would go to the task before, and be lost.
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
