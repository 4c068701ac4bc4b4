use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Wake, Waker},
};

/// Remembers whether a task has been woken.
#[derive(Default)]
pub(crate) struct Woken(Arc<Flag>);

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl Woken {
    /// Begins to wait: what was is forgotten.
    pub(crate) fn waker(&self) -> Waker {
        self.0.0.store(false, Relaxed);
        Arc::clone(&self.0).into()
    }

    pub(crate) fn is(&self) -> bool {
        self.0.0.load(Relaxed)
    }
}
