//! The map of topics, and which of them are idle.

use std::{
    borrow::Borrow,
    collections::BTreeMap,
    mem,
    time::{Duration, Instant},
};

use crate::{Channel, channel::change::ChannelChange};

/// The most idle topics that one call checks, so that no single call pays for a peak that has passed, or
/// for the keys that a client makes up.
const MAX_CHECKS: usize = 32;

/// The topics, and a list of those that may be idle, in the order in which they became so.
///
/// Both are trees, because a hash map moves all of its entries when it grows, and keeps its memory after
/// a peak. A listed topic may have subscribers again, because channels report their changes afterwards and
/// in any order. So a topic is checked before it is removed.
pub(super) struct TopicMap<K, T: ?Sized> {
    topics: BTreeMap<TopicId, Topic<K, T>>,
    idle: BTreeMap<IdleSince, TopicId>,
    /// The number of topics that are closing.
    closing: usize,
    /// The number that the last topic, or the last entry of the list, has got.
    count: u64,
    drops: DeferredDrops<K, T>,
}

/// The hash of a topic's key, and a number that no other topic has had. (With the number, a change of
/// a topic that has been removed does not concern a new one of the same key.)
pub(super) type TopicId = (u64, u64);

/// Topics to drop when nothing is locked. The drop of a channel wakes the tasks that wait for its close,
/// and the drop of a key may run code of the user's; both may use the topics.
pub(super) type DeferredDrops<K, T> = Vec<Topic<K, T>>;

/// A moment, and a number that makes it unique.
type IdleSince = (Instant, u64);

pub(super) struct Topic<K, T: ?Sized> {
    key: K,
    channel: Channel<T>,
    /// Its key in the list of idle topics.
    idle_since: Option<IdleSince>,
    /// Whether it is closed, but an event is still being stored. Another topic of its key could assign
    /// the same id.
    is_closing: bool,
}

/// The result of checking a topic that may be idle.
enum IdleCheck {
    Removed,
    /// It has subscribers. It is listed again when the last of them leaves.
    Subscribed,
    /// The program has a handle and may publish, so it is listed again.
    Held,
}

impl<K, T: ?Sized> TopicMap<K, T> {
    /// Returns the topic of a key, open or closed, unless its time has passed.
    pub(super) fn get<Q>(
        &mut self,
        (hash, key): (u64, &Q),
        now: Instant,
        linger: Duration,
    ) -> Option<(TopicId, Channel<T>)>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        // Two keys with the same hash are neighbors: they differ in the number.
        let from_hash = self.topics.range((hash, 0)..);
        let mut same = from_hash.take_while(|(id, _)| id.0 == hash);
        let (id, topic) = same.find(|(_, topic)| topic.key.borrow() == key)?;
        let id = *id;
        match topic.idle_since {
            Some(since) if is_due(&since, now, linger) => self.remove_if_idle(id, now),
            _ => return Some((id, topic.channel.clone())),
        };
        Some((id, self.topics.get(&id)?.channel.clone()))
    }

    /// Returns how many topics are open.
    pub(super) fn len(&self) -> usize {
        self.topics.len() - self.closing
    }

    pub(super) fn keys(&self) -> Vec<K>
    where
        K: Clone,
    {
        let open = self.topics.values().filter(|topic| !topic.is_closing);
        open.map(|topic| topic.key.clone()).collect()
    }

    pub(super) fn channels(&self) -> Vec<Channel<T>> {
        let topics = self.topics.values();
        topics.map(|topic| topic.channel.clone()).collect()
    }

    /// Assigns an id to a topic that is to be made.
    pub(super) fn new_id(&mut self, hash: u64) -> TopicId {
        (hash, self.next_count())
    }

    fn next_count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Adds a topic, which has no subscriber yet.
    pub(super) fn insert(&mut self, id: TopicId, key: K, channel: Channel<T>, now: Instant) {
        let topic = Topic {
            key,
            channel,
            idle_since: None,
            is_closing: false,
        };
        self.topics.insert(id, topic);
        self.list_as_idle(id, now);
    }

    /// Applies a change of a topic, which may have been removed by now.
    pub(super) fn apply(&mut self, id: TopicId, change: ChannelChange, now: Instant) {
        match change {
            ChannelChange::Subscribed => self.unlist_topic(id),
            // If the next subscriber has arrived since, the topic is checked once for nothing.
            ChannelChange::Idle => self.list_as_idle(id, now),
            ChannelChange::Closing => self.mark_closing(id),
            ChannelChange::Closed => self.remove(id),
        }
    }

    /// Removes a topic from the list. It is listed again when its last subscriber leaves.
    fn unlist_topic(&mut self, id: TopicId) {
        let topic = self.topics.get_mut(&id);
        let since = topic.and_then(|topic| topic.idle_since.take());
        self.unlist(since);
    }

    fn mark_closing(&mut self, id: TopicId) {
        self.unlist_topic(id);
        // It stays in the map, so that no other topic of its key is made, but no longer takes up room.
        if let Some(topic) = self.topics.get_mut(&id) {
            topic.is_closing = true;
            self.closing += 1;
        }
    }

    /// Lists a topic as idle from now on, unless it is closing anyway.
    fn list_as_idle(&mut self, id: TopicId, now: Instant) {
        let since = (now, self.next_count());
        let topic = self.topics.get_mut(&id);
        if let Some(topic) = topic.filter(|topic| !topic.is_closing) {
            let before = topic.idle_since.replace(since);
            self.idle.insert(since, id);
            self.unlist(before);
        }
    }

    fn unlist(&mut self, idle_since: Option<IdleSince>) {
        if let Some(since) = idle_since {
            self.idle.remove(&since);
        }
    }

    /// Removes topics that have been idle for too long: some of them, if there are many.
    pub(super) fn sweep(&mut self, now: Instant, linger: Duration) {
        for _ in 0..MAX_CHECKS {
            let check = self.remove_first_if_idle(now, |since| is_due(since, now, linger));
            if check.is_none() {
                return;
            }
        }
    }

    /// Removes the topic that has been idle for the longest. Returns `true` if one was found.
    ///
    /// Topics that the program holds move to the end of the list, so the next call checks others.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        for _ in 0..MAX_CHECKS {
            match self.remove_first_if_idle(now, |_| true) {
                Some(IdleCheck::Removed) => return true,
                Some(IdleCheck::Held | IdleCheck::Subscribed) => {}
                None => return false,
            }
        }
        false
    }

    /// Checks the topic that has been listed for the longest, if it is due.
    fn remove_first_if_idle(
        &mut self,
        now: Instant,
        is_due: impl Fn(&IdleSince) -> bool,
    ) -> Option<IdleCheck> {
        let (since, id) = self.idle.first_key_value()?;
        let id = *id;
        is_due(since).then(|| self.remove_if_idle(id, now))
    }

    /// Removes a listed topic if it has no subscribers and the program does not hold it.
    fn remove_if_idle(&mut self, id: TopicId, now: Instant) -> IdleCheck {
        let topic = self.topics.get_mut(&id);
        let check = topic.map_or(IdleCheck::Removed, Topic::check_idle);
        match check {
            IdleCheck::Removed => self.remove(id),
            IdleCheck::Held => self.list_as_idle(id, now),
            IdleCheck::Subscribed => self.unlist_topic(id),
        }
        check
    }

    pub(super) fn remove(&mut self, id: TopicId) {
        if let Some(topic) = self.topics.remove(&id) {
            self.closing -= usize::from(topic.is_closing);
            self.unlist(topic.idle_since);
            self.drops.push(topic);
        }
    }

    /// Takes the removed topics, to be dropped when nothing is locked.
    pub(super) fn take_deferred_drops(&mut self) -> DeferredDrops<K, T> {
        mem::take(&mut self.drops)
    }
}

fn is_due(since: &IdleSince, now: Instant, linger: Duration) -> bool {
    now.saturating_duration_since(since.0) >= linger
}

impl<K, T: ?Sized> Topic<K, T> {
    fn check_idle(&mut self) -> IdleCheck {
        // First: if the only handle is here, no subscriber can arrive between the two checks.
        let is_only = self.channel.is_only_handle();
        match self.channel.subscriber_count() {
            0 if is_only => IdleCheck::Removed,
            0 => IdleCheck::Held,
            _ => IdleCheck::Subscribed,
        }
    }
}

impl<K, T: ?Sized> Default for TopicMap<K, T> {
    fn default() -> Self {
        Self {
            topics: BTreeMap::new(),
            idle: BTreeMap::new(),
            closing: 0,
            count: 0,
            drops: Vec::new(),
        }
    }
}
