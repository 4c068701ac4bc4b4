//! The tasks that wait for an event.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    task::Waker,
};

use slab::Slab;

use crate::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// The tasks that wait for a publication, which wakes them all.
///
/// Polling a task that is registered already costs one atomic load: hyper polls a body three times for
/// each frame.
///
/// A *round* lasts from one wake-up of all tasks to the next. The slots of a round end with it, so that
/// nobody has to tidy up after a wake-up, and a task can see without the lock that its slot is gone.
#[derive(Default)]
pub(super) struct Wakers {
    /// The number of the round. Written under the lock of `waiting`.
    rounds: AtomicU64,
    waiting: Mutex<Slab<Waker>>,
}

/// The slot of a task that waits, valid during one round.
#[derive(Debug)]
pub(super) struct WakerSlot {
    round: u64,
    key: usize,
    task: Task,
}

/// The identity of the task that a waker wakes, as in `Waker::will_wake`.
///
/// It is valid while a clone of the waker is kept, which the slot's round ensures: as long as the round
/// lasts, the slab has the clone, and no other task can have the same address.
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
    /// Returns the current round. Call it before checking for the event to wait for, and give it to
    /// [`register`](Self::register).
    pub(super) fn round(&self) -> u64 {
        self.rounds.load(Ordering::Acquire)
    }

    /// Returns `true` if the slot is of this task, and still waits.
    pub(super) fn is_registered(&self, slot: &Option<WakerSlot>, waker: &Waker) -> bool {
        let held = |slot: &WakerSlot| slot.round == self.round() && slot.task == Task::of(waker);
        slot.as_ref().is_some_and(held)
    }

    /// Gives a task a slot in place of the one that it has. Returns `false` if the round is over: the event
    /// may have been published since.
    pub(super) fn register(&self, slot: &mut Option<WakerSlot>, round: u64, waker: &Waker) -> bool {
        let task = Task::of(waker);
        // Before the lock: the clone of a waker may run any code.
        let waker = waker.clone();
        let mut waiting = self.waiting();
        // Relaxed does, because the number changes under this lock alone.
        if self.rounds.load(Ordering::Relaxed) != round {
            return false;
        }
        let before = slot.take().and_then(|slot| slot.take(&mut waiting, round));
        let key = waiting.insert(waker);
        // After the lock: dropping a waker may drop a task, and with it a subscription of this channel.
        drop(waiting);
        drop(before);
        *slot = Some(WakerSlot { round, key, task });
        true
    }

    /// Gives a slot back.
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
        // A task that reads the new number also sees the event that was appended before.
        self.rounds.fetch_add(1, Ordering::Release);
        // All at once, so that tasks wake without the lock: they may register again at once.
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
