use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    hash::Hash,
    mem,
    time::{Duration, Instant},
};

use crate::Channel;

/// The topics, and which of them may be vacant.
pub(super) struct Map<K, T: ?Sized> {
    topics: HashMap<K, Topic<T>>,
    /// The topics that may be vacant, by when they became so.
    vacant: BTreeMap<Since, K>,
    /// How often a topic became vacant.
    count: u64,
}

/// A moment, and a number to tell those apart that came in the same.
type Since = (Instant, u64);

struct Topic<T: ?Sized> {
    channel: Channel<T>,
    /// Its place among the vacant.
    since: Option<Since>,
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

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.topics.keys()
    }

    /// Adds a topic, which nobody has subscribed to yet.
    pub(super) fn insert(&mut self, key: K, channel: Channel<T>, now: Instant) {
        let topic = Topic {
            channel,
            since: None,
        };
        self.topics.insert(key.clone(), topic);
        self.vacated(&key, now);
    }

    /// Heeds that a topic may have no subscriber since now.
    pub(super) fn vacated(&mut self, key: &K, now: Instant) {
        let Some(topic) = self.topics.get_mut(key) else {
            return;
        };
        self.count += 1;
        let since = (now, self.count);
        if let Some(before) = topic.since.replace(since) {
            self.vacant.remove(&before);
        }
        self.vacant.insert(since, key.clone());
    }

    /// Lets go of the topics that have been vacant for too long.
    pub(super) fn sweep(&mut self, now: Instant, linger: Duration) {
        let is_due = |since: &&Since| now.saturating_duration_since(since.0) >= linger;
        // Each once: those that are held come back at once.
        let due: Vec<_> = self.vacant.keys().take_while(is_due).copied().collect();
        for since in due {
            self.settle(since, now);
        }
    }

    /// Lets go of the topic that is vacant for the longest. Tells whether there was one.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        // Not all of them, lest who makes up keys holds up everyone: those that are held go to the
        // end, so others are looked at the next time.
        let vacant: Vec<_> = self.vacant.keys().take(32).copied().collect();
        vacant.into_iter().any(|since| self.settle(since, now))
    }

    /// Looks at a topic that may be vacant. Tells whether it has been let go.
    fn settle(&mut self, since: Since, now: Instant) -> bool {
        let Some(key) = self.vacant.remove(&since) else {
            return false;
        };
        let Some(topic) = self.topics.get_mut(&key) else {
            return false;
        };
        topic.since = None;
        // First, for with the only handle here nobody can subscribe meanwhile.
        let is_only = topic.channel.is_only();
        if topic.channel.subscribers() > 0 {
            // It comes back when the last of them leaves.
            return false;
        }
        if !is_only {
            // Someone may publish to it yet.
            self.vacated(&key, now);
            return false;
        }
        self.topics.remove(&key);
        true
    }

    pub(super) fn remove<Q>(&mut self, key: &Q) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let topic = self.topics.remove(key)?;
        if let Some(since) = topic.since {
            self.vacant.remove(&since);
        }
        Some(topic.channel)
    }

    /// Removes all of them.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Channel<T>> + use<K, T> {
        self.vacant.clear();
        let topics = mem::take(&mut self.topics);
        topics.into_values().map(|topic| topic.channel)
    }
}

impl<K, T: ?Sized> Default for Map<K, T> {
    fn default() -> Self {
        Self {
            topics: HashMap::new(),
            vacant: BTreeMap::new(),
            count: 0,
        }
    }
}
