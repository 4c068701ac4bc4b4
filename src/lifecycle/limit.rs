//! Caps on how many streams may be open.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{Refuse, RefuseReason, RequestHead};

/// A place among the open streams, held until it is dropped.
pub(crate) type Permit = Box<dyn Send + Sync>;

/// A request's claim to a place, made good when its response turns out to be a stream.
pub(crate) trait Claim: Send + Sync {
    fn claim(self: Box<Self>) -> Result<Permit, (RefuseReason, Refuse)>;
}

/// At most so many streams in all.
#[derive(Clone)]
pub(crate) struct MaxStreams(Arc<Shared<()>>);

impl MaxStreams {
    pub(crate) fn new(most: usize, refuse: Refuse) -> Self {
        Self(Shared::new(most, refuse, RefuseReason::TooMany))
    }

    /// Tells whether another is the same limit.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn claim(&self) -> Result<Permit, (RefuseReason, Refuse)> {
        let shared = Arc::clone(&self.0);
        Box::new(Keyed { key: (), shared }).claim()
    }
}

impl fmt::Debug for MaxStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MaxStreams").field(&self.0.most).finish()
    }
}

/// What makes claims of requests.
pub(crate) trait Limit: Send + Sync {
    /// Returns the claim; `None` where the limit does not concern the request.
    fn of(&self, head: RequestHead<'_>) -> Option<Box<dyn Claim>>;
}

/// At most so many streams for each key.
pub(crate) struct KeyedLimit<K, F> {
    key: F,
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    open: Mutex<HashMap<K, usize>>,
    most: usize,
    refuse: Refuse,
    reason: RefuseReason,
}

impl<K, F> KeyedLimit<K, F> {
    pub(crate) fn new(key: F, most: usize, refuse: Refuse) -> Self {
        let shared = Shared::new(most, refuse, RefuseReason::TooManyOfKey);
        Self { key, shared }
    }
}

impl<K, F> Limit for KeyedLimit<K, F>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fn(RequestHead<'_>) -> Option<K> + Send + Sync,
{
    fn of(&self, head: RequestHead<'_>) -> Option<Box<dyn Claim>> {
        let key = (self.key)(head)?;
        let shared = Arc::clone(&self.shared);
        Some(Box::new(Keyed { key, shared }))
    }
}

/// A key with the limit that it counts in: as a claim not yet, as a [`Place`] so far.
struct Keyed<K> {
    key: K,
    shared: Arc<Shared<K>>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Claim for Keyed<K> {
    fn claim(self: Box<Self>) -> Result<Permit, (RefuseReason, Refuse)> {
        let mut open = self.shared.open();
        let count = open.entry(self.key.clone()).or_default();
        if *count < self.shared.most {
            *count += 1;
            drop(open);
            return Ok(Box::new(Place(*self)));
        }
        if *count == 0 {
            open.remove(&self.key);
        }
        Err((self.shared.reason, self.shared.refuse.clone()))
    }
}

struct Place<K: Hash + Eq>(Keyed<K>);

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let Keyed { key, shared } = &self.0;
        let mut open = shared.open();
        if let Some(count) = open.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                open.remove(key);
            }
        }
    }
}

impl<K> Shared<K> {
    fn new(most: usize, refuse: Refuse, reason: RefuseReason) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            most,
            refuse,
            reason,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for dyn Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limit")
    }
}

impl fmt::Debug for dyn Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim")
    }
}
