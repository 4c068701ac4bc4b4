use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    hash::Hash,
    mem,
    time::{Duration, Instant},
};

use crate::Channel;

/// How many topics that are vacant and held are examined for one that gives way, so that a client that
/// makes up keys does not hold up everyone: they go to the end, so others are looked at the next time.
const LOOKS: usize = 32;

/// The topics, and which of them may be vacant.
pub(super) struct Map<K, T: ?Sized> {
    topics: HashMap<K, Topic<T>>,
    /// The topics that may be vacant, by when they became so.
    vacant: BTreeMap<Since, K>,
    /// How often a topic was made, or became vacant.
    count: u64,
    waste: Waste<K, T>,
}

/// Values to drop when nothing is locked: a task may wait for the close of a channel,
/// and a key may be more than a value.
pub(super) type Waste<K, T> = Vec<(K, Option<Channel<T>>)>;

/// A moment, and a number to tell those apart that came in the same.
type Since = (Instant, u64);

struct Topic<T: ?Sized> {
    channel: Channel<T>,
    serial: u64,
    /// Its place among the vacant.
    since: Option<Since>,
}

/// What has come of a topic that may have been vacant.
enum Settled {
    Removed,
    /// It has subscribers, and is listed again when the last of them leaves.
    Occupied,
    /// Someone may publish to it yet, so it is listed again.
    Held,
}

impl<K, T> Map<K, T>
where
    K: Hash + Eq + Clone,
    T: ?Sized,
{
    pub(super) fn get<Q>(&self, key: &Q) -> Option<&Channel<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(&self.topics.get(key)?.channel)
    }

    pub(super) fn len(&self) -> usize {
        self.topics.len()
    }

    pub(super) fn keys(&self) -> Vec<K> {
        self.topics.keys().cloned().collect()
    }

    /// Draws a number for a topic that is to be made.
    pub(super) fn draw(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Adds a topic, which nobody has subscribed to yet.
    pub(super) fn insert(&mut self, key: K, channel: Channel<T>, serial: u64, now: Instant) {
        let topic = Topic {
            channel,
            serial,
            since: None,
        };
        self.topics.insert(key.clone(), topic);
        self.list(key, now);
    }

    /// Heeds that a topic may have no subscriber since now.
    pub(super) fn vacated(&mut self, key: &K, serial: u64, now: Instant) {
        let topic = self.topics.get(key);
        // Another may have the key by now.
        if topic.is_some_and(|topic| topic.serial == serial) {
            self.list(key.clone(), now);
        }
    }

    /// Lists a topic as vacant since now.
    fn list(&mut self, key: K, now: Instant) {
        let since = (now, self.draw());
        if let Some(topic) = self.topics.get_mut(&key) {
            let before = topic.since.replace(since);
            self.vacant.insert(since, key);
            self.unlist(before);
        }
    }

    fn unlist(&mut self, since: Option<Since>) {
        let key = since.and_then(|since| self.vacant.remove(&since));
        self.waste.extend(key.map(|key| (key, None)));
    }

    /// Removes the topics that have been vacant for too long.
    pub(super) fn sweep(&mut self, now: Instant, linger: Duration) {
        // Each once: those that are held are listed again.
        let newest = self.count;
        let is_due =
            |since: &Since| since.1 <= newest && now.saturating_duration_since(since.0) >= linger;
        while self.settle_first(now, is_due).is_some() {}
    }

    /// Removes the topic that is vacant for the longest. Returns `true` if one was found.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        let mut held = 0;
        while held < LOOKS {
            match self.settle_first(now, |_| true) {
                Some(Settled::Removed) => return true,
                Some(Settled::Held) => held += 1,
                Some(Settled::Occupied) => {}
                None => return false,
            }
        }
        false
    }

    /// Looks at the topic that is listed for the longest, if it is due.
    fn settle_first(&mut self, now: Instant, is_due: impl Fn(&Since) -> bool) -> Option<Settled> {
        let first = self.vacant.first_entry();
        let key = first.filter(|first| is_due(first.key()))?.remove();
        let settled = match self.topics.get_mut(&key) {
            Some(topic) => {
                topic.since = None;
                topic.settle()
            }
            None => Settled::Occupied,
        };
        match settled {
            Settled::Removed => {
                self.remove(&key);
                self.waste.push((key, None));
            }
            Settled::Held => self.list(key, now),
            Settled::Occupied => self.waste.push((key, None)),
        }
        Some(settled)
    }

    /// Removes a topic.
    pub(super) fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some((key, topic)) = self.topics.remove_entry(key) {
            self.unlist(topic.since);
            self.waste.push((key, Some(topic.channel)));
        }
    }

    /// Removes a topic if it is closed.
    pub(super) fn remove_closed<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if self.get(key).is_some_and(Channel::is_closed) {
            self.remove(key);
        }
    }

    /// Removes all topics that are closed.
    pub(super) fn remove_all_closed(&mut self) {
        for key in self.keys() {
            self.remove_closed(&key);
            self.waste.push((key, None));
        }
    }

    pub(super) fn channels(&self) -> Vec<Channel<T>> {
        let topics = self.topics.values();
        topics.map(|topic| topic.channel.clone()).collect()
    }

    /// Returns what has been removed, to be dropped when nothing is locked.
    pub(super) fn take_waste(&mut self) -> Waste<K, T> {
        mem::take(&mut self.waste)
    }
}

impl<T: ?Sized> Topic<T> {
    fn settle(&mut self) -> Settled {
        // First, for with the only handle here nobody can subscribe meanwhile.
        let is_only = self.channel.is_only();
        match self.channel.subscribers() {
            0 if is_only => Settled::Removed,
            0 => Settled::Held,
            _ => Settled::Occupied,
        }
    }
}

impl<K, T: ?Sized> Default for Map<K, T> {
    fn default() -> Self {
        Self {
            topics: HashMap::new(),
            vacant: BTreeMap::new(),
            count: 0,
            waste: Vec::new(),
        }
    }
}
