use std::{
    borrow::Borrow,
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::map::{DeferredDrops, TopicId, TopicMap};
use crate::{
    Channel, ChannelOptions, Event,
    channel::{TooManyTopics, change::ChannelChange, shared::ChannelShared},
};

/// A channel for each key, made on first use: for each room, user or document.
///
/// A topic that has no subscriber, and that nobody holds as a [`Channel`], is dropped after some
/// time, and its history with it. A client that resumes there later finds a gap. A topic that is
/// closed leaves the map at once, whether by [`remove`](Self::remove) or by [`Channel::close`].
///
/// Closing and removing wait neither for a store nor for a subscriber. Each call drops at most 32
/// topics whose time has passed, and the topic of its own key if that is due, so no call pays for a
/// peak. Only [`keys`](Self::keys) and [`close`](Self::close), which are about all topics, take time in
/// proportion to them. The map returns its memory as topics go.
///
/// `Eq` and `Clone` of the keys run while the topics are locked: they must not use them.
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
    pub(super) map: Arc<Mutex<TopicMap<K, T>>>,
    /// Held while a topic is made, and never while the map is locked.
    pub(super) making: Arc<Mutex<()>>,
}

/// Makes the options of a topic of those of all.
pub(super) type Each<K> = Arc<dyn Fn(&K, ChannelOptions) -> ChannelOptions + Send + Sync>;

impl<K, T> Topics<K, T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: ?Sized + 'static,
{
    /// Returns the topic of a key. It is made if there is none.
    ///
    /// A topic that is closed while [`publish_with`](Channel::publish_with) stores an event there
    /// is returned, closed, until that event is published: publishing fails, and a subscriber reads
    /// what is left. A topic made meanwhile could give the same id once more.
    ///
    /// # Errors
    ///
    /// When there are as many topics as may be, and none was found that is vacant. A browser that gets
    /// an error never comes back. It does after an empty stream:
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
        // Dropped last: a task that waits for the close of a topic may ask for another.
        let mut drops = DeferredDrops::new();
        if let Some(channel) = self.find(&mut drops, hash, &key) {
            return Ok(channel);
        }
        // Nobody else makes it meanwhile, publishes to it, and drops it.
        let _making = lock(&self.making);
        if let Some(channel) = self.find_unswept(&mut drops, hash, &key) {
            return Ok(channel);
        }
        let id = self.reserve(&mut drops, hash).ok_or(TooManyTopics(()))?;
        let channel = self.make_topic(&key, id);
        let now = self.options.timer.now();
        self.with_map(&mut drops, |map| {
            map.insert(id, key, channel.clone(), now);
        });
        Ok(channel)
    }

    /// Returns the topic of a key, if there is one that is open: to publish only where there are
    /// or were subscribers.
    pub fn get<Q>(&self, key: &Q) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let channel = self.find(&mut DeferredDrops::new(), self.hasher.hash_one(key), key)?;
        (!channel.is_closed()).then_some(channel)
    }

    /// Closes the topic of a key and removes it: its subscribers read what is left, and end.
    ///
    /// It does not wait for an event that [`publish_with`](Channel::publish_with) is storing: the
    /// subscribers get that one as well, and [`topic`](Self::topic) makes no other until then.
    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(channel) = self.find(&mut DeferredDrops::new(), self.hasher.hash_one(key), key)
        {
            channel.close();
        }
    }

    /// Returns how many topics are open.
    ///
    /// After many have become vacant at once, those whose time has passed are counted until later
    /// calls have dropped them.
    pub fn len(&self) -> usize {
        self.sweep_and_read(&mut DeferredDrops::new(), |map, _| map.len())
    }

    /// Returns `true` if there are no topics, in the sense of [`len`](Self::len).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the keys of all topics that [`len`](Self::len) counts, in no order. It takes time in
    /// proportion to them, in which no other call proceeds.
    pub fn keys(&self) -> Vec<K> {
        self.sweep_and_read(&mut DeferredDrops::new(), |map, _| map.keys())
    }

    /// Closes and removes all topics, as [`remove`](Self::remove) does, and takes time in proportion
    /// to them. Those that are asked for later are made anew.
    pub fn close(&self) {
        let channels = self.with_map(&mut DeferredDrops::new(), |map| map.channels());
        channels.iter().for_each(Channel::close);
    }

    /// Finds a topic that is open, or about to be closed.
    fn find<Q>(&self, drops: &mut DeferredDrops<K, T>, hash: u64, key: &Q) -> Option<Channel<T>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let found = self.sweep_and_read(drops, |map, now| map.get((hash, key), now, self.linger));
        self.unless_finished(drops, found?)
    }

    /// Does the same without a sweep, for a call that has had one.
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
        let found = self.with_map(drops, |map| map.get((hash, key), now, self.linger));
        self.unless_finished(drops, found?)
    }

    /// Returns a topic that was found, unless it has closed for good: then it leaves the map.
    fn unless_finished(
        &self,
        drops: &mut DeferredDrops<K, T>,
        (id, channel): (TopicId, Channel<T>),
    ) -> Option<Channel<T>> {
        if !channel.shared().is_finished() {
            return Some(channel);
        }
        // The thread that closed it does the same, but may not have come to it yet.
        self.with_map(drops, |map| map.remove(id));
        None
    }

    /// Draws an id for a topic that is to be made, if there is room.
    fn reserve(&self, drops: &mut DeferredDrops<K, T>, hash: u64) -> Option<TopicId> {
        let now = self.options.timer.now();
        self.with_map(drops, |map| {
            let has_room = map.len() < self.max_topics.get() || map.make_room(now);
            has_room.then(|| map.new_id(hash))
        })
    }

    /// Looks at the topics when some of those are gone whose time has passed.
    fn sweep_and_read<R>(
        &self,
        drops: &mut DeferredDrops<K, T>,
        look: impl FnOnce(&mut TopicMap<K, T>, Instant) -> R,
    ) -> R {
        let now = self.options.timer.now();
        self.with_map(drops, |map| {
            map.sweep(now, self.linger);
            look(map, now)
        })
    }

    fn with_map<R>(
        &self,
        drops: &mut DeferredDrops<K, T>,
        work: impl FnOnce(&mut TopicMap<K, T>) -> R,
    ) -> R {
        with_locked(&self.map, drops, work)
    }

    fn make_topic(&self, key: &K, id: TopicId) -> Channel<T> {
        let mut options = self.options.clone();
        // Two topics with the same ids would take each other's for their own.
        options.after = None;
        if let Some(each) = &self.each {
            options = each(key, options);
        }
        let (map, timer) = (Arc::downgrade(&self.map), self.options.timer.clone());
        let on_change = move |change: ChannelChange| {
            if let Some(map) = Weak::upgrade(&map) {
                let now = timer.now();
                with_locked(&map, &mut DeferredDrops::new(), |map| {
                    map.apply(id, change, now)
                });
            }
        };
        Channel::from_shared(ChannelShared::new(options, Some(Box::new(on_change))))
    }
}

/// Works on the topics, and hands out what is to be dropped when they are not locked any more.
fn with_locked<K, T: ?Sized, R>(
    map: &Mutex<TopicMap<K, T>>,
    drops: &mut DeferredDrops<K, T>,
    work: impl FnOnce(&mut TopicMap<K, T>) -> R,
) -> R {
    let mut map = lock(map);
    let done = work(&mut map);
    drops.append(&mut map.take_deferred_drops());
    done
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
