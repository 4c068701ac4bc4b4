use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use super::{
    control::{Control, EndOrder},
    permit::Permit,
    queue::PlaceQueue,
};
use crate::{LimitPolicy, RejectReason, RequestHead};

/// A request's claim to a place. Dropping it gives up its turn.
pub(crate) trait Claim: Send + Sync {
    /// Takes a place if one is free, or has been kept for the request.
    fn claim(&mut self, control: &Arc<Control>) -> Option<Permit>;

    /// Waits for a place in turn. Returns `false` if too many wait already.
    fn wait(&mut self, waker: &Waker) -> bool;

    /// Returns `true` if a newer stream takes the place of the oldest.
    fn evicts(&self) -> bool;

    /// Has the oldest stream end, and gives its places back, if all are taken. Returns `false` if it
    /// has evicted none.
    fn evict(&self) -> bool;

    /// Returns `true` if all places are taken.
    fn is_full(&self) -> bool;

    fn policy(&self) -> &LimitPolicy;

    fn reason(&self) -> RejectReason;
}

/// At most so many streams in all.
#[derive(Clone)]
pub(crate) struct MaxStreams(Arc<Shared<()>>);

impl MaxStreams {
    pub(crate) fn new(most: usize, policy: LimitPolicy) -> Self {
        Self(Shared::new(most, policy, RejectReason::TooMany))
    }

    /// Identifies the limit among those that a request's layers have.
    pub(crate) fn id(&self) -> LimitId {
        LimitId::of(&self.0)
    }

    pub(crate) fn evicts(&self) -> bool {
        self.0.evicts()
    }

    pub(crate) fn begin(&self) -> Box<dyn Claim> {
        Box::new(Keyed::new((), &self.0))
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
    fn begin(&self, head: RequestHead<'_>) -> Option<Box<dyn Claim>>;

    fn id(&self) -> LimitId;

    fn evicts(&self) -> bool;
}

/// Tells limits apart, however often they are cloned with their layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitId(usize);

impl LimitId {
    fn of<T>(shared: &Arc<T>) -> Self {
        Self(Arc::as_ptr(shared) as usize)
    }
}

/// At most so many streams for each key.
pub(crate) struct KeyedLimit<K, F> {
    key: F,
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    rooms: Mutex<HashMap<K, PlaceQueue>>,
    most: usize,
    policy: LimitPolicy,
    reason: RejectReason,
}

impl<K, F> KeyedLimit<K, F> {
    pub(crate) fn new(key: F, most: usize, policy: LimitPolicy) -> Self {
        let shared = Shared::new(most, policy, RejectReason::TooManyOfKey);
        Self { key, shared }
    }
}

impl<K, F> Limit for KeyedLimit<K, F>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fn(RequestHead<'_>) -> Option<K> + Send + Sync,
{
    fn begin(&self, head: RequestHead<'_>) -> Option<Box<dyn Claim>> {
        let key = (self.key)(head)?;
        Some(Box::new(Keyed::new(key, &self.shared)))
    }

    fn id(&self) -> LimitId {
        LimitId::of(&self.shared)
    }

    fn evicts(&self) -> bool {
        self.shared.evicts()
    }
}

/// A key with the limit that it counts in.
struct Keyed<K: Hash + Eq> {
    key: K,
    shared: Arc<Shared<K>>,
    /// Its turn among those that wait.
    turn: Option<u64>,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(key: K, shared: &Arc<Shared<K>>) -> Self {
        Self {
            key,
            shared: Arc::clone(shared),
            turn: None,
        }
    }

    /// Takes a place if one is free, or has been kept.
    fn take(&self, room: &mut PlaceQueue) -> bool {
        match self.turn {
            Some(turn) => room.take_kept(turn),
            None => room.take(self.shared.most),
        }
    }

    /// Records the stream that takes a place of the room.
    fn occupy(&self, room: &mut PlaceQueue, control: &Arc<Control>) -> Place<K> {
        let evicts = self.shared.evicts();
        Place {
            key: self.key.clone(),
            shared: Arc::clone(&self.shared),
            stream: evicts.then(|| room.add_stream(control)),
        }
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Claim for Keyed<K> {
    fn claim(&mut self, control: &Arc<Control>) -> Option<Permit> {
        let mut rooms = self.shared.lock();
        let room = rooms.entry(self.key.clone()).or_default();
        if !self.take(room) {
            self.shared.tidy(&mut rooms, &self.key);
            return None;
        }
        let place = self.occupy(room, control);
        drop(rooms);
        self.turn = None;
        Some(Box::new(place))
    }

    fn wait(&mut self, waker: &Waker) -> bool {
        let mut rooms = self.shared.lock();
        let room = rooms.entry(self.key.clone()).or_default();
        match self.turn {
            Some(turn) => room.set_waker(turn, waker),
            None => self.turn = room.wait(self.shared.most, waker),
        }
        // One may have been given back since the request found none.
        let is_kept = self.turn.is_some_and(|turn| room.is_kept(turn));
        self.shared.tidy(&mut rooms, &self.key);
        drop(rooms);
        // Tasks are woken outside of the lock, for a waker may do anything.
        if is_kept {
            waker.wake_by_ref();
        }
        self.turn.is_some()
    }

    fn evicts(&self) -> bool {
        self.shared.evicts()
    }

    fn evict(&self) -> bool {
        let rooms = self.shared.lock();
        let room = rooms.get(&self.key);
        let full = room.filter(|room| self.evicts() && room.taken() >= self.shared.most);
        let Some(oldest) = full.and_then(PlaceQueue::oldest) else {
            return false;
        };
        drop(rooms);
        oldest.end(EndOrder::Evict);
        oldest.release();
        true
    }

    fn is_full(&self) -> bool {
        let rooms = self.shared.lock();
        let taken = rooms.get(&self.key).map_or(0, PlaceQueue::taken);
        taken >= self.shared.most
    }

    fn policy(&self) -> &LimitPolicy {
        &self.shared.policy
    }

    fn reason(&self) -> RejectReason {
        self.shared.reason
    }
}

impl<K: Hash + Eq> Drop for Keyed<K> {
    fn drop(&mut self) {
        let Some(turn) = self.turn else { return };
        let mut rooms = self.shared.lock();
        let next = rooms.get_mut(&self.key).and_then(|room| room.leave(turn));
        self.shared.tidy(&mut rooms, &self.key);
        drop(rooms);
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// A place that a stream holds.
struct Place<K: Hash + Eq> {
    key: K,
    shared: Arc<Shared<K>>,
    /// Its number among the streams that can be evicted.
    stream: Option<u64>,
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut rooms = self.shared.lock();
        let room = rooms.get_mut(&self.key);
        let next = room.and_then(|room| room.give_back(self.stream));
        self.shared.tidy(&mut rooms, &self.key);
        drop(rooms);
        if let Some(next) = next {
            next.wake();
        }
    }
}

impl<K> Shared<K> {
    fn new(most: usize, policy: LimitPolicy, reason: RejectReason) -> Arc<Self> {
        Arc::new(Self {
            rooms: Mutex::default(),
            most,
            policy,
            reason,
        })
    }

    /// Returns `true` if a newer stream takes the place of the oldest. Where there is no place, it is
    /// refused.
    fn evicts(&self) -> bool {
        self.policy.evicts() && self.most > 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, PlaceQueue>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Shared<K> {
    /// Forgets a key that has no stream, so that the map does not grow with each key ever seen.
    fn tidy(&self, rooms: &mut HashMap<K, PlaceQueue>, key: &K) {
        if rooms.get(key).is_some_and(PlaceQueue::is_unused) {
            rooms.remove(key);
        }
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
