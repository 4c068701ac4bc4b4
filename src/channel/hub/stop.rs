//! The end of a hub over a store.

use std::sync::Arc;

use crate::sync::{
    Notify,
    atomic::{AtomicBool, Ordering},
};

/// The end of a hub, for which its tasks wait. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_stopped: AtomicBool,
    changed: Arc<Notify>,
}

impl Stop {
    pub(super) fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Release);
        self.0.changed.notify_waiters();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Acquire)
    }

    /// Waits for the end.
    pub(super) async fn stopped(self) {
        // Before the flag is read, so that an end between the two is not missed.
        let changed = Arc::clone(&self.0.changed).notified_owned();
        if !self.is_stopped() {
            changed.await;
        }
    }
}
