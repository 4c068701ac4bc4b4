use std::{hash::Hash, sync::Arc};

use super::state::LimitState;

/// The [`Permit`](super::permit::Permit) of a limit: a place that a stream holds among those of its key.
pub(super) struct HeldPlace<K: Hash + Eq> {
    pub(super) key: K,
    pub(super) state: Arc<LimitState<K>>,
    /// The stream's number among the streams that can be evicted, if they can.
    pub(super) stream: Option<u64>,
}

impl<K: Hash + Eq> Drop for HeldPlace<K> {
    fn drop(&mut self) {
        let mut queues = self.state.lock();
        let queue = queues.get_mut(&self.key);
        let next = queue.and_then(|queue| queue.give_back(self.stream));
        self.state.remove_if_unused(&mut queues, &self.key);
        drop(queues);
        // Without the lock, because a waker may run any code.
        if let Some(next) = next {
            next.wake();
        }
    }
}
