//! The lock of the map of topics.

use super::map::{DeferredDrops, TopicMap};
use crate::sync::{Mutex, PoisonError};

/// A map of topics behind a lock, under which no topic is dropped.
pub(super) struct LockedMap<K, T: ?Sized>(Mutex<TopicMap<K, T>>);

impl<K, T: ?Sized> LockedMap<K, T> {
    /// Works on the locked map, and moves removed topics to `drops`, to be dropped after the lock.
    pub(super) fn with<R>(
        &self,
        drops: &mut DeferredDrops<K, T>,
        work: impl FnOnce(&mut TopicMap<K, T>) -> R,
    ) -> R {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut map);
        drops.append(&mut map.take_deferred_drops());
        done
    }
}

impl<K, T: ?Sized> Default for LockedMap<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
