use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Instant,
};

use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Shared {
    pub(super) triggered: AtomicBool,
    pub(super) count: Mutex<Count>,
    /// Woken by the trigger.
    pub(super) streams: Arc<Notify>,
    /// Woken when, after the trigger, no stream is left.
    pub(super) drained: Arc<Notify>,
}

#[derive(Default)]
pub(super) struct Count {
    pub(super) open: usize,
    /// How many were open at the trigger, once it has come.
    pub(super) found: Option<Found>,
}

#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) open: usize,
    pub(super) at: Instant,
}

impl Shared {
    pub(super) fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn drained_of(&self) -> Option<usize> {
        let count = self.count();
        let found = count.found.filter(|_| count.open == 0)?;
        Some(found.open)
    }
}
