//! Changes of the channels of an open subscription, by the name that the subscription has.

use std::{mem, sync::Arc};

use super::addition::Addition;
use crate::{
    channel::subscribers::SubscriberWaker,
    stream::scope::{self, EndOfPoll},
    sync::{
        Condvar, Mutex, MutexGuard, Notify, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The part of a named subscription by which the hub changes its channels.
///
/// A change is queued here, and applied at the beginning of the next poll. A thread that makes a change
/// waits until the present poll of the stream is over, so that nothing of a removed channel is sent
/// after the removal has returned. Over a store a task makes it, which must not wait for a poll: it holds the
/// subscription at the position of the change instead.
///
/// The position of an addition must not precede the addition itself: a client that comes back with such
/// an id counts as one that has had the channel since. So the subscription is held below the position
/// before that is taken, and until it has applied the change.
pub(in crate::channel) struct Control {
    pub(in crate::channel) waker: Arc<SubscriberWaker>,
    state: Mutex<ControlState>,
    /// The number up to which the subscription may read. Changed under the lock.
    limit: AtomicU64,
    /// Notified at the end of each poll that a thread waits for.
    idle: Condvar,
    /// Woken at the end of each poll.
    ended: Arc<Notify>,
}

#[derive(Default)]
struct ControlState {
    changes: Vec<Change>,
    /// The number of additions that are about to be queued.
    announced: usize,
    has_ended: bool,
    is_polling: bool,
    /// The number of polls that have begun.
    polls: u64,
    /// The number of threads that wait for the end of the poll.
    waiting: usize,
}

/// A change of the channels of a subscription.
pub(in crate::channel) enum Change {
    Add(Addition),
    Remove {
        name: Arc<str>,
    },
    /// The hub may have missed changes, so that the channels are not known.
    Missed,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            waker: Arc::default(),
            state: Mutex::default(),
            limit: AtomicU64::new(NO_LIMIT),
            idle: Condvar::default(),
            ended: Arc::default(),
        }
    }
}

const NO_LIMIT: u64 = u64::MAX;

impl Control {
    /// Holds the subscription at this number until an addition is queued, which has to follow, and applied.
    pub(in crate::channel) fn announce_addition(&self, published: u64) {
        let mut state = self.lock();
        state.announced += 1;
        self.hold(published);
    }

    /// Returns the number up to which the subscription may read. To be called after the number of the last
    /// published event was read.
    pub(super) fn limit(&self) -> u64 {
        self.limit.load(Ordering::Acquire)
    }

    /// Queues a change, and waits until no poll is under way that began before it. Returns the changes that
    /// are not applied: this one if the subscription has ended, and those that another one makes needless.
    pub(in crate::channel) fn change(&self, change: Change) -> Vec<Change> {
        let mut state = self.lock();
        let needless = state.queue(change);
        // Within a poll it may be this one, or one that waits for this one.
        if !scope::is_polling() {
            let poll = state.poll();
            // A later poll has the change, and there may be one after the other.
            while poll.is_some() && state.poll() == poll {
                state.waiting += 1;
                let waited = self.idle.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                state.waiting -= 1;
            }
        }
        drop(state);
        self.waker.wake();
        needless
    }

    /// Queues a change as [`change`](Self::change) does, and holds the subscription at this number until it has
    /// applied the change. Does not wait.
    pub(in crate::channel) fn change_at(&self, change: Change, number: u64) -> Vec<Change> {
        let needless = {
            let mut state = self.lock();
            self.hold(number);
            state.queue(change)
        };
        self.waker.wake();
        needless
    }

    /// Waits until the poll is over that is under way, if there is one.
    pub(in crate::channel) async fn poll_ended(&self) {
        let poll = self.lock().poll();
        while poll.is_some() {
            // Before the state is read, so that an end between the two is not missed.
            let ended = Arc::clone(&self.ended).notified_owned();
            if self.lock().poll() != poll {
                return;
            }
            ended.await;
        }
    }

    /// To be called under the lock.
    fn hold(&self, number: u64) {
        let limit = self.limit.load(Ordering::Relaxed).min(number);
        self.limit.store(limit, Ordering::Release);
    }

    /// Begins a poll, and takes the changes since the last.
    pub(super) fn begin_poll(&self) -> Vec<Change> {
        let mut state = self.lock();
        state.is_polling = true;
        state.polls += 1;
        self.take_changes(&mut state)
    }

    /// Takes the changes since the subscription was named, before its first poll.
    pub(super) fn take_early_changes(&self) -> Vec<Change> {
        self.take_changes(&mut self.lock())
    }

    fn take_changes(&self, state: &mut ControlState) -> Vec<Change> {
        if state.announced == 0 {
            self.limit.store(NO_LIMIT, Ordering::Release);
        }
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

impl ControlState {
    /// Returns the changes that are not applied.
    fn queue(&mut self, change: Change) -> Vec<Change> {
        self.announced -= usize::from(matches!(change, Change::Add(_)));
        match self.has_ended {
            true => vec![change],
            false => queue(&mut self.changes, change),
        }
    }

    /// Returns the number of the poll that is under way.
    fn poll(&self) -> Option<u64> {
        self.is_polling.then_some(self.polls)
    }
}

impl Change {
    /// Returns the name of the channel, if it is one.
    fn name(&self) -> Option<&Arc<str>> {
        match self {
            Self::Add(addition) => Some(&addition.channel().0.name),
            Self::Remove { name } => Some(name),
            Self::Missed => None,
        }
    }
}

/// Queues a change. Returns those that need not be applied, so that a channel which comes and goes while
/// nobody polls has three changes at most: an addition, a removal and another addition.
fn queue(changes: &mut Vec<Change>, change: Change) -> Vec<Change> {
    let is_same = |one: &Change| change.name().is_some() && one.name() == change.name();
    let is_removal = |one: &Change| matches!(one, Change::Remove { .. });
    let is_missed = |one: &Change| matches!(one, Change::Missed);
    match (&change, changes.iter().rev().find(|one| is_same(one))) {
        (Change::Missed, _) if changes.iter().any(is_missed) => return Vec::new(),
        (Change::Add(later), Some(Change::Add(earlier)))
            if Arc::ptr_eq(later.channel().0, earlier.channel().0) =>
        {
            return vec![change];
        }
        (Change::Remove { .. }, Some(_)) => {
            let mut removed = changes.iter();
            if let Some(at) = removed.position(|one| is_same(one) && is_removal(one)) {
                let later = changes.split_off(at + 1).into_iter();
                let (needless, kept): (Vec<_>, Vec<_>) = later.partition(is_same);
                changes.extend(kept);
                return needless;
            }
        }
        _ => {}
    }
    changes.push(change);
    Vec::new()
}

impl EndOfPoll for Control {
    fn end_poll(&self) {
        let mut state = self.lock();
        state.is_polling = false;
        if state.waiting > 0 {
            self.idle.notify_all();
        }
        drop(state);
        self.ended.notify_waiters();
    }
}
