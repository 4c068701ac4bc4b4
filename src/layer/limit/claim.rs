use std::{fmt, hash::Hash, sync::Arc, task::Waker};

use super::{
    control::{Control, EndOrder},
    held_place::HeldPlace,
    permit::Permit,
    queue::PlaceQueue,
    state::LimitState,
};
use crate::{LimitPolicy, RejectReason};

/// A request's claim to a place in a limit. Dropping it gives up its turn in the queue.
pub(crate) trait Claim: Send + Sync {
    /// Takes a place if one is free, or has been kept for the request.
    fn try_take(&mut self, control: &Arc<Control>) -> Option<Permit>;

    /// Queues for a place. Returns `false` if too many requests wait already.
    fn wait(&mut self, waker: &Waker) -> bool;

    /// Returns `true` if a newer stream takes the place of the oldest.
    fn evicts(&self) -> bool;

    /// Ends the oldest stream and gives its places back, if all are taken. Returns `false` if it
    /// has evicted none.
    fn evict(&self) -> bool;

    /// Returns `true` if all places are taken.
    fn is_full(&self) -> bool;

    fn policy(&self) -> &LimitPolicy;

    fn reason(&self) -> RejectReason;
}

/// The claim to a place among those of a key.
pub(super) struct KeyClaim<K: Hash + Eq> {
    key: K,
    state: Arc<LimitState<K>>,
    /// Its turn in the queue, if it waits.
    turn: Option<u64>,
}

impl<K: Hash + Eq + Clone> KeyClaim<K> {
    pub(super) fn new(key: K, state: &Arc<LimitState<K>>) -> Self {
        Self {
            key,
            state: Arc::clone(state),
            turn: None,
        }
    }

    /// Takes a place if one is free, or has been kept.
    fn take_from(&self, queue: &mut PlaceQueue) -> bool {
        match self.turn {
            Some(turn) => queue.take_kept(turn),
            None => queue.take(self.state.max),
        }
    }

    /// Returns the place that has been taken, and registers its stream if it can be evicted.
    fn hold(&self, queue: &mut PlaceQueue, control: &Arc<Control>) -> HeldPlace<K> {
        let evicts = self.state.evicts();
        HeldPlace {
            key: self.key.clone(),
            state: Arc::clone(&self.state),
            stream: evicts.then(|| queue.add_stream(control)),
        }
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Claim for KeyClaim<K> {
    fn try_take(&mut self, control: &Arc<Control>) -> Option<Permit> {
        let mut queues = self.state.lock();
        let queue = queues.entry(self.key.clone()).or_default();
        if !self.take_from(queue) {
            self.state.remove_if_unused(&mut queues, &self.key);
            return None;
        }
        let place = self.hold(queue, control);
        drop(queues);
        self.turn = None;
        Some(Box::new(place))
    }

    fn wait(&mut self, waker: &Waker) -> bool {
        // Wakers are cloned and dropped without the lock, because either may run any code.
        let mut own = Some(waker.clone());
        let mut queues = self.state.lock();
        let queue = queues.entry(self.key.clone()).or_default();
        match self.turn {
            Some(turn) => queue.swap_waker(turn, &mut own),
            None => self.turn = queue.wait(self.state.max, &mut own),
        }
        // One may have been given back since the request found none.
        let is_kept = self.turn.is_some_and(|turn| queue.is_kept(turn));
        self.state.remove_if_unused(&mut queues, &self.key);
        drop(queues);
        // Without the lock, because a waker may run any code.
        if is_kept {
            waker.wake_by_ref();
        }
        self.turn.is_some()
    }

    fn evicts(&self) -> bool {
        self.state.evicts()
    }

    fn evict(&self) -> bool {
        let queues = self.state.lock();
        let queue = queues.get(&self.key);
        let full = queue.filter(|queue| self.evicts() && queue.taken() >= self.state.max);
        let Some(oldest) = full.and_then(PlaceQueue::oldest) else {
            return false;
        };
        // The control locks this limit again when it gives the places back.
        drop(queues);
        oldest.end(EndOrder::Evict);
        oldest.release();
        true
    }

    fn is_full(&self) -> bool {
        let queues = self.state.lock();
        let taken = queues.get(&self.key).map_or(0, PlaceQueue::taken);
        taken >= self.state.max
    }

    fn policy(&self) -> &LimitPolicy {
        &self.state.policy
    }

    fn reason(&self) -> RejectReason {
        self.state.reason
    }
}

impl<K: Hash + Eq> Drop for KeyClaim<K> {
    fn drop(&mut self) {
        let Some(turn) = self.turn else { return };
        let mut queues = self.state.lock();
        let (mut own, mut next) = (None, None);
        if let Some(queue) = queues.get_mut(&self.key) {
            own = queue.leave(turn);
            next = queue.give_back_kept(turn);
        }
        self.state.remove_if_unused(&mut queues, &self.key);
        drop(queues);
        // Without the lock, because a waker may run any code.
        drop(own);
        if let Some(next) = next {
            next.wake();
        }
    }
}

impl fmt::Debug for dyn Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim")
    }
}
