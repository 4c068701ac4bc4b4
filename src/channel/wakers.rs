use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
};

use slab::Slab;

/// The tasks that wait for a publication, which wakes them all.
///
/// For a task that waits already, to be polled once more costs one atomic load: hyper polls a body
/// three times for each frame.
#[derive(Default)]
pub(super) struct Wakers {
    /// How often all have been woken. Written under the lock.
    rounds: AtomicU64,
    waiting: Mutex<Slab<Waker>>,
}

/// The slot of a task that waits, until all are woken.
#[derive(Debug)]
pub(super) struct WakerSlot {
    round: u64,
    key: usize,
    task: Task,
}

/// Which task a waker wakes. It tells two apart while a clone of the one is kept.
#[derive(Debug, PartialEq, Eq)]
struct Task {
    data: usize,
    vtable: usize,
}

impl Task {
    fn of(waker: &Waker) -> Self {
        Self {
            data: waker.data().addr(),
            vtable: ptr::from_ref(waker.vtable()).addr(),
        }
    }
}

impl Wakers {
    /// Returns the round that goes on. It is asked for before a look at what is waited for.
    pub(super) fn round(&self) -> u64 {
        self.rounds.load(Ordering::Acquire)
    }

    /// Returns `true` if the task will be woken from the slot that it has.
    pub(super) fn is_registered(&self, slot: &Option<WakerSlot>, waker: &Waker) -> bool {
        let held = |slot: &WakerSlot| slot.round == self.round() && slot.task == Task::of(waker);
        slot.as_ref().is_some_and(held)
    }

    /// Gives a task a slot, for the one that it has, if the round still goes on.
    pub(super) fn register(&self, slot: &mut Option<WakerSlot>, round: u64, waker: &Waker) -> bool {
        let task = Task::of(waker);
        let waker = waker.clone();
        let mut waiting = self.waiting();
        // It changes under the lock alone.
        if self.rounds.load(Ordering::Relaxed) != round {
            return false;
        }
        let before = slot.take().and_then(|slot| slot.take(&mut waiting, round));
        let key = waiting.insert(waker);
        // Only then, for what is dropped may be a task, and all that it has.
        drop(waiting);
        drop(before);
        *slot = Some(WakerSlot { round, key, task });
        true
    }

    /// Takes a slot back.
    pub(super) fn deregister(&self, slot: WakerSlot) {
        let mut waiting = self.waiting();
        let round = self.rounds.load(Ordering::Relaxed);
        let waker = slot.take(&mut waiting, round);
        drop(waiting);
        drop(waker);
    }

    /// Wakes all waiting tasks.
    pub(super) fn wake_all(&self) {
        let mut waiting = self.waiting();
        self.rounds.fetch_add(1, Ordering::Release);
        let woken = mem::take(&mut *waiting);
        drop(waiting);
        let mut woken = Woken(woken.into_iter());
        woken.0.by_ref().for_each(|(_, waker)| waker.wake());
    }

    fn waiting(&self) -> MutexGuard<'_, Slab<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tasks that are still to be woken. If one wake-up panics, the others are woken all the same.
struct Woken(slab::IntoIter<Waker>);

impl Drop for Woken {
    fn drop(&mut self) {
        for (_, waker) in &mut self.0 {
            // The first panic is the one that goes on.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

impl WakerSlot {
    /// Takes the waker out of its slot, if it is still there.
    fn take(self, waiting: &mut Slab<Waker>, round: u64) -> Option<Waker> {
        (self.round == round).then(|| waiting.try_remove(self.key))?
    }
}
