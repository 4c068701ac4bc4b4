use std::{
    borrow::Borrow,
    collections::BTreeMap,
    mem,
    time::{Duration, Instant},
};

use crate::{Channel, channel::change::ChannelChange};

/// How many topics one call settles at most, so that none pays for all: neither for a peak that has
/// passed, nor where a client makes up keys.
const MAX_CHECKS: usize = 32;

/// The topics, and which of them may be idle.
///
/// These are trees, because a hash map moves all of its entries when it grows, and keeps its memory
/// after a peak.
pub(super) struct TopicMap<K, T: ?Sized> {
    topics: BTreeMap<TopicId, Topic<K, T>>,
    /// The topics that may be vacant, by when they became so.
    idle: BTreeMap<IdleSince, TopicId>,
    /// How many of the topics are closing.
    closing: usize,
    /// How often a topic was made, or became idle.
    count: u64,
    drops: DeferredDrops<K, T>,
}

/// The hash of a topic's key, and a number that no other topic has had.
pub(super) type TopicId = (u64, u64);

/// Topics to drop when nothing is locked: a task may wait for the close of a channel,
/// and a key may be more than a value.
pub(super) type DeferredDrops<K, T> = Vec<Topic<K, T>>;

/// A moment, and a number to tell those apart that came in the same.
type IdleSince = (Instant, u64);

pub(super) struct Topic<K, T: ?Sized> {
    key: K,
    channel: Channel<T>,
    /// Its id among the idle.
    idle_since: Option<IdleSince>,
    /// Whether it is closed, but an event is still being stored. Until then another of its key could
    /// give the same id.
    is_closing: bool,
}

/// What has come of a topic that may have been idle.
enum IdleCheck {
    Removed,
    /// It has subscribers, and is listed again when the last of them leaves.
    Subscribed,
    /// Someone may publish to it yet, so it is listed again.
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

    /// Draws an id for a topic that is to be made.
    pub(super) fn new_id(&mut self, hash: u64) -> TopicId {
        (hash, self.next_count())
    }

    fn next_count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Adds a topic, which nobody has subscribed to yet.
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

    /// Follows a change of a topic, which may be gone by now.
    pub(super) fn apply(&mut self, id: TopicId, change: ChannelChange, now: Instant) {
        match change {
            ChannelChange::Subscribed => self.unlist_topic(id),
            // If the next subscriber has come since, the topic is looked at in vain, once.
            ChannelChange::Idle => self.list_as_idle(id, now),
            ChannelChange::Closing => self.mark_closing(id),
            ChannelChange::Closed => self.remove(id),
        }
    }

    /// Takes a topic off the list of the idle. The last of its subscribers lists it again.
    fn unlist_topic(&mut self, id: TopicId) {
        let topic = self.topics.get_mut(&id);
        let since = topic.and_then(|topic| topic.idle_since.take());
        self.unlist(since);
    }

    fn mark_closing(&mut self, id: TopicId) {
        self.unlist_topic(id);
        if let Some(topic) = self.topics.get_mut(&id) {
            topic.is_closing = true;
            self.closing += 1;
        }
    }

    /// Lists a topic as vacant since now, unless it goes anyway.
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

    /// Removes topics that have been vacant for too long: some of them, if there are many.
    pub(super) fn sweep(&mut self, now: Instant, linger: Duration) {
        for _ in 0..MAX_CHECKS {
            let check = self.remove_first_if_idle(now, |since| is_due(since, now, linger));
            if check.is_none() {
                return;
            }
        }
    }

    /// Removes the topic that is vacant for the longest. Returns `true` if one was found.
    ///
    /// Topics that someone holds go to the end, so the next call looks at others.
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

    /// Settles the topic that is listed for the longest, if it is due.
    fn remove_first_if_idle(
        &mut self,
        now: Instant,
        is_due: impl Fn(&IdleSince) -> bool,
    ) -> Option<IdleCheck> {
        let (since, id) = self.idle.first_key_value()?;
        let id = *id;
        is_due(since).then(|| self.remove_if_idle(id, now))
    }

    /// Removes a topic that is listed as vacant, if it is, and nobody holds it.
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

    /// Returns what has been removed, to be dropped when nothing is locked.
    pub(super) fn take_deferred_drops(&mut self) -> DeferredDrops<K, T> {
        mem::take(&mut self.drops)
    }
}

fn is_due(since: &IdleSince, now: Instant, linger: Duration) -> bool {
    now.saturating_duration_since(since.0) >= linger
}

impl<K, T: ?Sized> Topic<K, T> {
    fn check_idle(&mut self) -> IdleCheck {
        // First, for with the only handle here nobody can subscribe meanwhile.
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
