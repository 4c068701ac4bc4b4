mod map;

use std::{
    borrow::Borrow,
    error::Error as StdError,
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use self::map::Map;
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

impl<K, T: ?Sized> Topics<K, T> {
    /// Allows for so many topics at once, each a channel with these options. Together they may hold
    /// that many times the [`max_bytes`](ChannelOptions::max_bytes) of one.
    pub fn new(most: NonZeroUsize, options: ChannelOptions) -> Self {
        Self {
            most,
            linger: Duration::from_secs(60),
            options,
            map: Arc::default(),
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
        if let Some(channel) = map.get(&key).filter(|channel| !channel.is_closed()) {
            return Ok(channel.clone());
        }
        map.remove(&key);
        if map.len() >= self.most.get() && !map.make_room(now) {
            return Err(TooManyTopics(()));
        }
        let channel = self.make(&key);
        map.insert(key, channel.clone(), now);
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
        map.get(key).cloned()
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
        map.len()
    }

    /// Tells whether there is no topic.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the keys of all topics, in no order.
    pub fn keys(&self) -> Vec<K> {
        let mut map = self.map();
        map.sweep(self.options.timer.now(), self.linger);
        map.keys().cloned().collect()
    }

    /// Closes and removes all topics. Those that are asked for later are made anew.
    pub fn close(&self) {
        let channels = self.map().clear();
        channels.for_each(|channel| channel.close());
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
