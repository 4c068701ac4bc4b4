use std::{
    borrow::Borrow,
    collections::BTreeMap,
    mem,
    time::{Duration, Instant},
};

use crate::{Channel, channel::watch::Change};

/// How many topics one call settles at most, so that none pays for all: neither for a peak that has
/// passed, nor where a client makes up keys.
const LOOKS: usize = 32;

/// The topics, and which of them may be vacant.
///
/// These are trees, because a hash map moves all of its entries when it grows, and keeps its memory
/// after a peak.
pub(super) struct Map<K, T: ?Sized> {
    topics: BTreeMap<Place, Topic<K, T>>,
    /// The topics that may be vacant, by when they became so.
    vacant: BTreeMap<Since, Place>,
    /// How many of the topics are closing.
    closing: usize,
    /// How often a topic was made, or became vacant.
    count: u64,
    waste: Waste<K, T>,
}

/// The hash of a topic's key, and a number that no other topic has had.
pub(super) type Place = (u64, u64);

/// Topics to drop when nothing is locked: a task may wait for the close of a channel,
/// and a key may be more than a value.
pub(super) type Waste<K, T> = Vec<Topic<K, T>>;

/// A moment, and a number to tell those apart that came in the same.
type Since = (Instant, u64);

pub(super) struct Topic<K, T: ?Sized> {
    key: K,
    channel: Channel<T>,
    /// Its place among the vacant.
    since: Option<Since>,
    /// Whether it is closed, but an event is still being stored. Until then another of its key could
    /// give the same id.
    is_closing: bool,
}

/// What has come of a topic that may have been vacant.
enum Settled {
    Removed,
    /// It has subscribers, and is listed again when the last of them leaves.
    Occupied,
    /// Someone may publish to it yet, so it is listed again.
    Held,
}

impl<K, T: ?Sized> Map<K, T> {
    /// Returns the topic of a key, open or closed, unless its time has passed.
    pub(super) fn get<Q>(
        &mut self,
        (hash, key): (u64, &Q),
        now: Instant,
        linger: Duration,
    ) -> Option<(Place, Channel<T>)>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let from_hash = self.topics.range((hash, 0)..);
        let mut same = from_hash.take_while(|(place, _)| place.0 == hash);
        let (place, topic) = same.find(|(_, topic)| topic.key.borrow() == key)?;
        let place = *place;
        match topic.since {
            Some(since) if is_due(&since, now, linger) => self.settle(place, now),
            _ => return Some((place, topic.channel.clone())),
        };
        Some((place, self.topics.get(&place)?.channel.clone()))
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

    /// Draws a place for a topic that is to be made.
    pub(super) fn draw(&mut self, hash: u64) -> Place {
        (hash, self.next())
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Adds a topic, which nobody has subscribed to yet.
    pub(super) fn insert(&mut self, place: Place, key: K, channel: Channel<T>, now: Instant) {
        let topic = Topic {
            key,
            channel,
            since: None,
            is_closing: false,
        };
        self.topics.insert(place, topic);
        self.list(place, now);
    }

    /// Follows a change of a topic, which may be gone by now.
    pub(super) fn changed(&mut self, place: Place, change: Change, now: Instant) {
        match change {
            Change::Occupied => self.take_off(place),
            // If the next subscriber has come since, the topic is looked at in vain, once.
            Change::Vacant => self.list(place, now),
            Change::Closing => self.closing(place),
            Change::Closed => self.remove(place),
        }
    }

    /// Takes a topic off the list of the vacant. The last of its subscribers lists it again.
    fn take_off(&mut self, place: Place) {
        let topic = self.topics.get_mut(&place);
        let since = topic.and_then(|topic| topic.since.take());
        self.unlist(since);
    }

    fn closing(&mut self, place: Place) {
        self.take_off(place);
        if let Some(topic) = self.topics.get_mut(&place) {
            topic.is_closing = true;
            self.closing += 1;
        }
    }

    /// Lists a topic as vacant since now, unless it goes anyway.
    fn list(&mut self, place: Place, now: Instant) {
        let since = (now, self.next());
        let topic = self.topics.get_mut(&place);
        if let Some(topic) = topic.filter(|topic| !topic.is_closing) {
            let before = topic.since.replace(since);
            self.vacant.insert(since, place);
            self.unlist(before);
        }
    }

    fn unlist(&mut self, since: Option<Since>) {
        if let Some(since) = since {
            self.vacant.remove(&since);
        }
    }

    /// Removes topics that have been vacant for too long: some of them, if there are many.
    pub(super) fn sweep(&mut self, now: Instant, linger: Duration) {
        for _ in 0..LOOKS {
            let settled = self.settle_first(now, |since| is_due(since, now, linger));
            if settled.is_none() {
                return;
            }
        }
    }

    /// Removes the topic that is vacant for the longest. Returns `true` if one was found.
    ///
    /// Topics that someone holds go to the end, so the next call looks at others.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        for _ in 0..LOOKS {
            match self.settle_first(now, |_| true) {
                Some(Settled::Removed) => return true,
                Some(Settled::Held | Settled::Occupied) => {}
                None => return false,
            }
        }
        false
    }

    /// Settles the topic that is listed for the longest, if it is due.
    fn settle_first(&mut self, now: Instant, is_due: impl Fn(&Since) -> bool) -> Option<Settled> {
        let (since, place) = self.vacant.first_key_value()?;
        let place = *place;
        is_due(since).then(|| self.settle(place, now))
    }

    /// Removes a topic that is listed as vacant, if it is, and nobody holds it.
    fn settle(&mut self, place: Place, now: Instant) -> Settled {
        let topic = self.topics.get_mut(&place);
        let settled = topic.map_or(Settled::Removed, Topic::look);
        match settled {
            Settled::Removed => self.remove(place),
            Settled::Held => self.list(place, now),
            Settled::Occupied => self.take_off(place),
        }
        settled
    }

    pub(super) fn remove(&mut self, place: Place) {
        if let Some(topic) = self.topics.remove(&place) {
            self.closing -= usize::from(topic.is_closing);
            self.unlist(topic.since);
            self.waste.push(topic);
        }
    }

    /// Returns what has been removed, to be dropped when nothing is locked.
    pub(super) fn take_waste(&mut self) -> Waste<K, T> {
        mem::take(&mut self.waste)
    }
}

fn is_due(since: &Since, now: Instant, linger: Duration) -> bool {
    now.saturating_duration_since(since.0) >= linger
}

impl<K, T: ?Sized> Topic<K, T> {
    fn look(&mut self) -> Settled {
        // First, for with the only handle here nobody can subscribe meanwhile.
        let is_only = self.channel.is_only();
        match self.channel.subscriber_count() {
            0 if is_only => Settled::Removed,
            0 => Settled::Held,
            _ => Settled::Occupied,
        }
    }
}

impl<K, T: ?Sized> Default for Map<K, T> {
    fn default() -> Self {
        Self {
            topics: BTreeMap::new(),
            vacant: BTreeMap::new(),
            closing: 0,
            count: 0,
            waste: Vec::new(),
        }
    }
}
