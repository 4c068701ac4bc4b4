use std::{collections::HashMap, hash::Hash, sync::Arc};

use super::queue::PlaceQueue;
use crate::{
    LimitPolicy, RejectReason,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The state of one limit, which its claims and places share: the places of each key, and the
/// limit's rules.
///
/// Its lock is the innermost. It may be taken with a layer's admission lock held, or the lock of a
/// [`Control`](super::control::Control) that gives places back, and nothing else is locked within
/// it.
pub(super) struct LimitState<K> {
    queues: Mutex<HashMap<K, PlaceQueue>>,
    pub(super) max: usize,
    pub(super) policy: LimitPolicy,
    pub(super) reason: RejectReason,
}

impl<K> LimitState<K> {
    pub(super) fn new(max: usize, policy: LimitPolicy, reason: RejectReason) -> Arc<Self> {
        Arc::new(Self {
            queues: Mutex::default(),
            max,
            policy,
            reason,
        })
    }

    /// Returns `true` if a newer stream takes the place of the oldest. A limit of 0 has no oldest
    /// stream, so it rejects.
    pub(super) fn evicts(&self) -> bool {
        self.policy.evicts() && self.max > 0
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<K, PlaceQueue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> LimitState<K> {
    /// Removes a key that has no stream, so that the map does not grow with each key ever seen.
    pub(super) fn remove_if_unused(&self, queues: &mut HashMap<K, PlaceQueue>, key: &K) {
        if queues.get(key).is_some_and(PlaceQueue::is_unused) {
            queues.remove(key);
        }
    }
}
