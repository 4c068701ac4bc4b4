//! The time that a generation goes on without a listener.

use std::task::{Context, Poll};

use super::{AbandonPolicy, listeners::Listeners};
use crate::time::{ResettableSleep, SharedTimer};

/// Waits until there was no listener for the time of the policy.
#[derive(Debug)]
pub(super) struct IdleTime {
    policy: AbandonPolicy,
    sleep: ResettableSleep,
}

impl IdleTime {
    pub(super) fn new(policy: AbandonPolicy, timer: SharedTimer) -> Self {
        Self {
            policy,
            sleep: ResettableSleep::new(timer),
        }
    }

    /// Is pending while there is a listener, whose departure wakes the task.
    pub(super) fn poll_over(&mut self, listeners: &Listeners, cx: &mut Context<'_>) -> Poll<()> {
        let since_and_time = listeners.idle_since().zip(self.policy.time());
        // A time that the clock cannot express is one without an end.
        match since_and_time.and_then(|(since, time)| since.checked_add(time)) {
            Some(due) => self.sleep.poll(due, cx).map(drop),
            None => Poll::Pending,
        }
    }
}
