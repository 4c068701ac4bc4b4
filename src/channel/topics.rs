use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    error::Error as StdError,
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{Channel, ChannelOptions, shared::Shared};
use crate::Event;

/// A channel for each key, made when it is first asked for: for each room, user or document.
///
/// A topic that has no subscriber, and that nobody holds as a [`Channel`], is let go after some
/// time, and its history with it. Who resumes there later finds a gap.
///
/// ```
/// use tower_sse::{ChannelOptions, Event, Topics};
/// # use std::num::NonZeroUsize;
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let most = NonZeroUsize::new(10_000).unwrap();
/// let rooms: Topics<String> = Topics::new(most, ChannelOptions::new());
///
/// let subscription = rooms.topic("lobby".to_owned())?.subscribe();
/// rooms.topic("lobby".to_owned())?.publish(Event::new("hello"))?;
///
/// assert_eq!(rooms.get("lobby").unwrap().subscribers(), 1);
/// assert!(rooms.get("attic").is_none());
/// # drop(subscription);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
pub struct Topics<K, T: ?Sized = Event> {
    most: NonZeroUsize,
    linger: Duration,
    options: ChannelOptions,
    map: Arc<Mutex<Map<K, T>>>,
}

struct Map<K, T: ?Sized> {
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

impl<K, T: ?Sized> Topics<K, T> {
    /// Allows for so many topics at once, each a channel with these options. Together they may hold
    /// that many times the [`max_bytes`](ChannelOptions::max_bytes) of one.
    pub fn new(most: NonZeroUsize, options: ChannelOptions) -> Self {
        let map = Map {
            topics: HashMap::new(),
            vacant: BTreeMap::new(),
            count: 0,
        };
        Self {
            most,
            linger: Duration::from_secs(60),
            options,
            map: Arc::new(Mutex::new(map)),
        }
    }

    /// Sets how long a topic without subscribers is kept, for clients that come back. By default a
    /// minute.
    ///
    /// Those whose time has passed are let go when a topic is next asked for. Where there are as many
    /// topics as may be, a new one takes the place of the one that is vacant for the longest.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }
}

impl<K, T> Topics<K, T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: ?Sized + 'static,
{
    /// Returns the topic of a key. It is made if there is none that is open.
    ///
    /// # Errors
    ///
    /// When there are as many topics as may be, and none was found that is vacant. A browser that gets
    /// an error never comes back: answer it by an empty stream, `BoxEventStream::default()`.
    pub fn topic(&self, key: K) -> Result<Channel<T>, TooManyTopics> {
        let now = self.options.timer.now();
        let mut map = self.map();
        map.sweep(now, self.linger);
        let known = map.topics.get(&key).map(|topic| topic.channel.clone());
        if let Some(channel) = known.filter(|channel| !channel.is_closed()) {
            return Ok(channel);
        }
        map.remove(&key);
        if map.topics.len() >= self.most.get() && !map.make_room(now) {
            return Err(TooManyTopics(()));
        }
        let channel = self.make(&key);
        let topic = Topic {
            channel: channel.clone(),
            since: None,
        };
        map.topics.insert(key.clone(), topic);
        map.vacated(&key, now);
        Ok(channel)
    }

    /// Returns the topic of a key, if there is one: to publish only to those whom it concerns.
    pub fn get<Q>(&self, key: &Q) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut map = self.map();
        map.sweep(self.options.timer.now(), self.linger);
        Some(map.topics.get(key)?.channel.clone())
    }

    /// Removes the topic of a key and closes it: its subscribers read what is left, and end.
    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let removed = self.map().remove(key);
        if let Some(channel) = removed {
            channel.close();
        }
    }

    /// Returns how many topics there are.
    pub fn len(&self) -> usize {
        let mut map = self.map();
        map.sweep(self.options.timer.now(), self.linger);
        map.topics.len()
    }

    /// Tells whether there is no topic.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes and removes all topics. Those that are asked for later are made anew.
    pub fn close(&self) {
        let mut map = self.map();
        let topics = std::mem::take(&mut map.topics);
        map.vacant.clear();
        drop(map);
        for topic in topics.into_values() {
            topic.channel.close();
        }
    }

    fn make(&self, key: &K) -> Channel<T> {
        let (map, key, timer) = (
            Arc::downgrade(&self.map),
            key.clone(),
            self.options.timer.clone(),
        );
        let on_vacant = move || {
            if let Some(map) = Weak::upgrade(&map) {
                lock(&map).vacated(&key, timer.now());
            }
        };
        let mut options = self.options.clone();
        // Two topics with the same ids would take each other's for their own.
        options.after = None;
        Channel::of(Shared::new(options, Some(Box::new(on_vacant))))
    }

    fn map(&self) -> MutexGuard<'_, Map<K, T>> {
        lock(&self.map)
    }
}

impl<K, T> Map<K, T>
where
    K: Hash + Eq + Clone,
    T: ?Sized,
{
    /// Heeds that a topic may have no subscriber since now.
    fn vacated(&mut self, key: &K, now: Instant) {
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
    fn sweep(&mut self, now: Instant, linger: Duration) {
        let is_due = |since: &&Since| now.saturating_duration_since(since.0) >= linger;
        // Each once: those that are held come back at once.
        let due: Vec<_> = self.vacant.keys().take_while(is_due).copied().collect();
        for since in due {
            self.settle(since, now);
        }
    }

    /// Lets go of the topic that is vacant for the longest. Tells whether there was one.
    fn make_room(&mut self, now: Instant) -> bool {
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

    fn remove<Q>(&mut self, key: &Q) -> Option<Channel<T>>
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
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, T: ?Sized> Clone for Topics<K, T> {
    fn clone(&self) -> Self {
        Self {
            most: self.most,
            linger: self.linger,
            options: self.options.clone(),
            map: Arc::clone(&self.map),
        }
    }
}

impl<K, T: ?Sized> fmt::Debug for Topics<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topics")
            .field("most", &self.most)
            .field("linger", &self.linger)
            .finish_non_exhaustive()
    }
}

/// There are as many topics as may be, and none of them is vacant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooManyTopics(());

impl fmt::Display for TooManyTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are too many topics")
    }
}

impl StdError for TooManyTopics {}
