//! A task that counts its wake-ups.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Wake, Waker},
};

#[derive(Clone, Default)]
pub(crate) struct Task(Arc<Count>);

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Task {
    pub(crate) fn waker(&self) -> Waker {
        Arc::clone(&self.0).into()
    }

    /// Returns how often the task has been woken since the last call.
    pub(crate) fn wakes(&self) -> usize {
        self.0.0.swap(0, SeqCst)
    }
}
