//! The subscribers of a channel, and how they are woken.
//!
//! A subscription of any number of channels has one [`SubscriberWaker`], which each of its channels
//! lists once, for as long as it subscribes. So a wait takes no place in the lists.

use std::{
    collections::BTreeMap,
    mem,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
    task::Waker,
};

use crate::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering, fence},
};

/// The subscribers of a channel.
#[derive(Default)]
pub(super) struct ChannelSubscribers {
    list: Mutex<SubscriberList>,
    /// The number of those that are listed, to be read without the lock.
    count: AtomicUsize,
    /// Whether one of them has begun to wait since all were woken, so that publishers pass by the list if
    /// there is nobody to wake.
    may_wait: AtomicBool,
}

/// The subscribers in the order in which they came. A tree, because it releases its memory after a peak.
#[derive(Default)]
struct SubscriberList {
    wakers: BTreeMap<u64, Arc<SubscriberWaker>>,
    next_key: u64,
}

/// The waker of a subscription, which its channels share.
#[derive(Default)]
pub(super) struct SubscriberWaker {
    waker: Mutex<Option<Waker>>,
    /// Whether there is a waker, to be read without the lock. Changed under the lock, so that a subscriber
    /// never waits without a waker.
    is_waiting: AtomicBool,
}

/// The identity of the task that a waker wakes, as in `Waker::will_wake`.
///
/// It is valid while a clone of the waker is kept, so that no other task can have the same address. A
/// [`SubscriberWaker`] keeps one as long as it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    data: usize,
    vtable: NonZeroUsize,
}

impl Task {
    fn of(waker: &Waker) -> Self {
        Self {
            data: waker.data().addr(),
            vtable: ptr::NonNull::from(waker.vtable()).addr(),
        }
    }
}

impl SubscriberWaker {
    /// Returns `true` if this task waits, and has not been woken.
    pub(super) fn is_waiting(&self, task: Option<Task>, waker: &Waker) -> bool {
        task == Some(Task::of(waker)) && self.is_waiting.load(Ordering::Acquire)
    }

    /// Begins to wait for these channels. The caller then has to look once more for what it waits for: it
    /// may have come just before.
    pub(super) fn wait<'a>(
        &self,
        waker: &Waker,
        channels: impl Iterator<Item = &'a ChannelSubscribers>,
    ) -> Task {
        self.set(waker);
        // After that: a publisher lowers the flag before it looks for the waker, so it either finds the
        // waker, or the flag is seen lowered here.
        channels.for_each(ChannelSubscribers::expect_wait);
        // With the fence of `wake_all`: either the publisher finds the flag, or this subscriber finds the
        // event.
        fence(Ordering::SeqCst);
        Task::of(waker)
    }

    fn set(&self, waker: &Waker) {
        // Before the lock: the clone of a waker may run any code, and so may the drop of the last one.
        let waker = waker.clone();
        let mut slot = self.lock();
        let before = slot.replace(waker);
        self.is_waiting.store(true, Ordering::Release);
        drop(slot);
        drop(before);
    }

    /// Wakes the task if it waits. What it waits for must have been stored before.
    pub(super) fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    /// Takes the waker if the task waits.
    fn take(&self) -> Option<Waker> {
        let mut slot = self.lock();
        self.is_waiting.store(false, Ordering::Release);
        slot.take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChannelSubscribers {
    /// Lists a subscriber. Returns its key, and whether it is the only one.
    pub(super) fn list(&self, subscriber: &Arc<SubscriberWaker>) -> (u64, bool) {
        let mut list = self.lock();
        let key = list.next_key;
        list.next_key += 1;
        list.wakers.insert(key, Arc::clone(subscriber));
        (key, self.count.fetch_add(1, Ordering::AcqRel) == 0)
    }

    /// Removes a subscriber. Returns `true` if it was the last.
    pub(super) fn unlist(&self, key: u64) -> bool {
        let mut list = self.lock();
        let removed = list.wakers.remove(&key);
        let is_last = self.count.fetch_sub(1, Ordering::AcqRel) == 1;
        // After the lock: dropping a waker may drop a task, and with it a subscription of this channel.
        drop(list);
        drop(removed);
        is_last
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Wakes all that wait. What they wait for must have been stored before.
    pub(super) fn wake_all(&self) {
        // See `SubscriberWaker::wait`.
        fence(Ordering::SeqCst);
        if self.may_wait.load(Ordering::Relaxed) {
            // Taken together, so that tasks are woken without the lock: they may run at once.
            Woken(self.take_all()).wake();
        }
    }

    fn take_all(&self) -> Vec<Waker> {
        let list = self.lock();
        self.may_wait.store(false, Ordering::Relaxed);
        let subscribers = list.wakers.values();
        subscribers.filter_map(|one| one.take()).collect()
    }

    /// Notes that a subscriber begins to wait.
    fn expect_wait(&self) {
        // Most often another one has done so, and readers alone share a cache line without contention.
        if !self.may_wait.load(Ordering::Relaxed) {
            self.may_wait.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, SubscriberList> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tasks that are to be woken. If one wake-up panics, the others are woken all the same.
struct Woken(Vec<Waker>);

impl Woken {
    fn wake(mut self) {
        // In the order in which they subscribed.
        self.0.reverse();
        while let Some(waker) = self.0.pop() {
            waker.wake();
        }
    }
}

impl Drop for Woken {
    fn drop(&mut self) {
        for waker in mem::take(&mut self.0) {
            // The first panic is the one that goes on.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}
