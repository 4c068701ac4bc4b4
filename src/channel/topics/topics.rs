//! A channel for each key.

use std::{
    borrow::Borrow,
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroUsize,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use super::{
    locked::LockedMap,
    map::{DeferredDrops, TopicId, TopicMap},
};
use crate::{
    Channel, ChannelOptions, Event,
    channel::{TooManyTopics, change::ChannelChange, shared::ChannelShared},
    sync::{Mutex, PoisonError},
};

/// A map of channels by key, each made on first use: for each room, user or document.
///
/// A topic that has no subscriber, and whose [`Channel`] the program does not hold, is dropped after some
/// time together with its history ([`linger`](Self::linger)). A client that resumes there later has a
/// gap. A closed topic leaves the map at once, whether it was closed by [`remove`](Self::remove) or by
/// [`Channel::close`].
///
/// Closing and removing wait neither for a store nor for a subscriber. Each call drops at most 32
/// topics whose time has passed, and the topic of its own key if its time has passed, so no single call
/// pays for a peak. Only [`keys`](Self::keys) and [`close`](Self::close), which are about all topics, take
/// time in proportion to their number. The map releases its memory as topics are dropped.
///
/// `Eq` and `Clone` of the keys run while the topics are locked: they must not use the topics.
///
/// ```
/// use tower_sse::{ChannelOptions, Event, Topics};
/// # use std::num::NonZeroUsize;
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let max = NonZeroUsize::new(10_000).unwrap();
/// let rooms: Topics<String> = Topics::new(max, ChannelOptions::new());
///
/// let subscription = rooms.topic("lobby".to_owned())?.subscribe();
/// rooms.topic("lobby".to_owned())?.publish(Event::new("hello"))?;
///
/// assert_eq!(rooms.get("lobby").unwrap().subscriber_count(), 1);
/// assert!(rooms.get("attic").is_none());
/// # drop(subscription);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
pub struct Topics<K, T: ?Sized = Event> {
    pub(super) max_topics: NonZeroUsize,
    pub(super) linger: Duration,
    pub(super) options: ChannelOptions,
    pub(super) each: Option<Each<K>>,
    pub(super) hasher: RandomState,
    pub(super) map: Arc<LockedMap<K, T>>,
    /// Held while a topic is made, because `each` may take its time. Locked before the map, never while
    /// the map is locked.
    pub(super) making: Arc<Mutex<()>>,
}

/// Makes the options of a topic from the common ones.
pub(super) type Each<K> = Arc<dyn Fn(&K, ChannelOptions) -> ChannelOptions + Send + Sync>;

impl<K, T> Topics<K, T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: ?Sized + 'static,
{
    /// Returns the topic of a key, and makes it if there is none.
    ///
    /// A topic that is closed while [`publish_with`](Channel::publish_with) stores an event there is
    /// still returned until that event is published: publishing on it fails, and a subscriber reads the
    /// remaining events. A topic made in the meantime could assign the same id again.
    ///
    /// # Errors
    ///
    /// Fails if the maximum number of topics is open, and no idle one was found that could be dropped. A
    /// browser that gets an error response never reconnects. It does after an empty stream:
    ///
    /// ```
    /// use tower_sse::{BoxEventStream, EventStream, Topics};
    ///
    /// fn room(rooms: &Topics<String>, room: String) -> BoxEventStream {
    ///     match rooms.topic(room) {
    ///         Ok(topic) => EventStream::new(topic.resume(None)).into_boxed(),
    ///         Err(_) => BoxEventStream::default(),
    ///     }
    /// }
    /// # let _ = room;
    /// ```
    pub fn topic(&self, key: K) -> Result<Channel<T>, TooManyTopics> {
        let hash = self.hasher.hash_one(&key);
        // Declared first, so dropped last, without `making`: a task that waits for the close of a topic may
        // ask for another.
        let mut drops = DeferredDrops::new();
        if let Some(channel) = self.find(&mut drops, hash, &key) {
            return Ok(channel);
        }
        // From here on no other thread can make the topic.
        let making = self.making.lock();
        let _making = making.unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = self.find_unswept(&mut drops, hash, &key) {
            return Ok(channel);
        }
        let id = self.reserve(&mut drops, hash).ok_or(TooManyTopics(()))?;
        let channel = self.make_topic(&key, id);
        let now = self.options.timer.now();
        self.map.with(&mut drops, |map| {
            map.insert(id, key, channel.clone(), now);
        });
        Ok(channel)
    }

    /// Returns the topic of a key if it exists and is open.
    ///
    /// Use it to publish only where there are or were subscribers.
    pub fn get<Q>(&self, key: &Q) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let channel = self.find(&mut DeferredDrops::new(), self.hasher.hash_one(key), key)?;
        (!channel.is_closed()).then_some(channel)
    }

    /// Closes the topic of a key and removes it. Its subscribers end after the remaining events.
    ///
    /// The call does not wait for an event that [`publish_with`](Channel::publish_with) is storing: the
    /// subscribers get that one as well, and [`topic`](Self::topic) makes no new topic until then.
    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(channel) = self.find(&mut DeferredDrops::new(), self.hasher.hash_one(key), key)
        {
            // The close reports to the map, which removes the topic.
            channel.close();
        }
    }

    /// Returns the number of open topics.
    ///
    /// After many topics have become idle at once, those whose time has passed are counted until later
    /// calls have dropped them.
    pub fn len(&self) -> usize {
        self.sweep_and_read(&mut DeferredDrops::new(), |map, _| map.len())
    }

    /// Returns `true` if [`len`](Self::len) is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the keys of all topics that [`len`](Self::len) counts, in no particular order.
    ///
    /// The call takes time in proportion to their number, during which no other call proceeds.
    pub fn keys(&self) -> Vec<K> {
        self.sweep_and_read(&mut DeferredDrops::new(), |map, _| map.keys())
    }

    /// Closes and removes all topics, as [`remove`](Self::remove) does.
    ///
    /// The call takes time in proportion to their number. Topics that are asked for later are made again.
    pub fn close(&self) {
        // Copied, because each close locks the map to remove its topic.
        let channels = self
            .map
            .with(&mut DeferredDrops::new(), |map| map.channels());
        channels.iter().for_each(Channel::close);
    }

    /// Finds a topic that is open, or still storing an event, after a sweep.
    fn find<Q>(&self, drops: &mut DeferredDrops<K, T>, hash: u64, key: &Q) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let found = self.sweep_and_read(drops, |map, now| map.get((hash, key), now, self.linger));
        self.remove_if_finished(drops, found?)
    }

    /// As [`find`](Self::find), without a sweep: for a call that has done one.
    fn find_unswept<Q>(
        &self,
        drops: &mut DeferredDrops<K, T>,
        hash: u64,
        key: &Q,
    ) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let now = self.options.timer.now();
        let found = self
            .map
            .with(drops, |map| map.get((hash, key), now, self.linger));
        self.remove_if_finished(drops, found?)
    }

    /// Removes a topic that was found, if it is closed for good. Returns it otherwise.
    fn remove_if_finished(
        &self,
        drops: &mut DeferredDrops<K, T>,
        (id, channel): (TopicId, Channel<T>),
    ) -> Option<Channel<T>> {
        if !channel.shared().is_finished() {
            return Some(channel);
        }
        // The thread that has closed it removes it, too, but perhaps only later.
        self.map.with(drops, |map| map.remove(id));
        None
    }

    /// Assigns an id to a topic that is to be made, if there is room.
    fn reserve(&self, drops: &mut DeferredDrops<K, T>, hash: u64) -> Option<TopicId> {
        let now = self.options.timer.now();
        self.map.with(drops, |map| {
            let has_room = map.len() < self.max_topics.get() || map.make_room(now);
            has_room.then(|| map.new_id(hash))
        })
    }

    /// Removes some topics whose time has passed, and reads the map.
    fn sweep_and_read<R>(
        &self,
        drops: &mut DeferredDrops<K, T>,
        read: impl FnOnce(&mut TopicMap<K, T>, Instant) -> R,
    ) -> R {
        let now = self.options.timer.now();
        self.map.with(drops, |map| {
            map.sweep(now, self.linger);
            read(map, now)
        })
    }

    fn make_topic(&self, key: &K, id: TopicId) -> Channel<T> {
        let mut options = self.options.clone();
        // Topics that continue from the same id would accept each other's ids.
        options.after = None;
        if let Some(each) = &self.each {
            options = each(key, options);
        }
        // Weak, because the map has the channel, and the channel this callback.
        let (map, timer) = (Arc::downgrade(&self.map), self.options.timer.clone());
        let on_change = move |change: ChannelChange| {
            if let Some(map) = Weak::upgrade(&map) {
                let now = timer.now();
                map.with(&mut DeferredDrops::new(), |map| map.apply(id, change, now));
            }
        };
        Channel::from_shared(ChannelShared::new(options, Some(Box::new(on_change))))
    }
}

impl<K, T: ?Sized> Clone for Topics<K, T> {
    fn clone(&self) -> Self {
        Self {
            max_topics: self.max_topics,
            linger: self.linger,
            options: self.options.clone(),
            each: self.each.clone(),
            hasher: self.hasher.clone(),
            map: Arc::clone(&self.map),
            making: Arc::clone(&self.making),
        }
    }
}

impl<K, T: ?Sized> fmt::Debug for Topics<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topics")
            .field("max_topics", &self.max_topics)
            .field("linger", &self.linger)
            .finish_non_exhaustive()
    }
}
