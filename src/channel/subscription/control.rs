//! Changes of the channels of an open subscription, by the name that the subscription has.

use std::{mem, sync::Arc};

use crate::{
    channel::{shared::ChannelShared, start::Start, subscribers::SubscriberWaker},
    stream::scope::{self, EndOfPoll},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// The part of a named subscription by which the hub changes its channels.
///
/// A change is queued here, and applied at the beginning of the next poll. A thread that makes a change
/// waits until the present poll of the stream is over, so that nothing of a removed channel is sent
/// after the removal has returned.
#[derive(Default)]
pub(in crate::channel) struct Control {
    pub(in crate::channel) waker: Arc<SubscriberWaker>,
    state: Mutex<ControlState>,
    /// Notified at the end of each poll that somebody waits for.
    idle: Condvar,
}

#[derive(Default)]
struct ControlState {
    changes: Vec<Change>,
    has_ended: bool,
    is_polling: bool,
    /// The number of threads that wait for the end of the poll.
    waiting: usize,
}

/// A change of the channels of a subscription.
pub(in crate::channel) enum Change {
    Add {
        channel: Arc<ChannelShared>,
        /// The key of the subscription among the channel's subscribers.
        key: u64,
        start: Start,
        /// The number of the change.
        at: u64,
    },
    Remove {
        name: Arc<str>,
    },
}

impl Control {
    /// Queues a change, and waits until no poll is under way that began before it. Returns the change if
    /// the subscription has ended.
    pub(in crate::channel) fn change(&self, change: Change) -> Option<Change> {
        let mut state = self.lock();
        if state.has_ended {
            return Some(change);
        }
        state.changes.push(change);
        // Within a poll it may be this one, or one that waits for this one.
        if !scope::is_polling() {
            while state.is_polling {
                state.waiting += 1;
                let waited = self.idle.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                state.waiting -= 1;
            }
        }
        drop(state);
        self.waker.wake();
        None
    }

    /// Begins a poll, and takes the changes since the last.
    pub(super) fn begin_poll(&self) -> Vec<Change> {
        let mut state = self.lock();
        state.is_polling = true;
        mem::take(&mut state.changes)
    }

    /// Returns `true` if a change waits for the next poll.
    pub(super) fn has_changes(&self) -> bool {
        !self.lock().changes.is_empty()
    }

    /// Ends the subscription. Returns the changes that were not applied.
    pub(in crate::channel) fn end(&self) -> Vec<Change> {
        let mut state = self.lock();
        state.has_ended = true;
        mem::take(&mut state.changes)
    }

    fn lock(&self) -> MutexGuard<'_, ControlState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EndOfPoll for Control {
    fn end_poll(&self) {
        let mut state = self.lock();
        state.is_polling = false;
        if state.waiting > 0 {
            self.idle.notify_all();
        }
    }
}
