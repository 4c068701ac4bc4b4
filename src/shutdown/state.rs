use std::{sync::Arc, time::Instant};

use crate::sync::{Mutex, MutexGuard, Notify, PoisonError, atomic::AtomicBool};

/// The state that a shutdown shares with its streams.
#[derive(Default)]
pub(super) struct ShutdownState {
    /// The same as `count.trigger.is_some()`, for streams that ask at each poll.
    pub(super) triggered: AtomicBool,
    pub(super) count: Mutex<StreamCount>,
    /// Woken by the trigger.
    pub(super) triggered_notify: Arc<Notify>,
    /// Woken when, after the trigger, no stream is left.
    pub(super) drained_notify: Arc<Notify>,
}

#[derive(Default)]
pub(super) struct StreamCount {
    pub(super) open: usize,
    /// `None` before the trigger.
    pub(super) trigger: Option<Trigger>,
}

/// The beginning of the shutdown.
#[derive(Clone, Copy)]
pub(super) struct Trigger {
    /// How many streams were open.
    pub(super) open: usize,
    pub(super) at: Instant,
}

impl ShutdownState {
    pub(super) fn count(&self) -> MutexGuard<'_, StreamCount> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many streams were open at the trigger, if it has come and none is open now.
    pub(super) fn open_at_trigger_if_drained(&self) -> Option<usize> {
        let count = self.count();
        let trigger = count.trigger.filter(|_| count.open == 0)?;
        Some(trigger.open)
    }
}
