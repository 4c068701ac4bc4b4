mod map;
mod options;

use std::{
    borrow::Borrow,
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use self::map::{Map, Waste};
use super::{Channel, ChannelOptions, TooManyTopics, shared::Shared};
use crate::Event;

/// A channel for each key, made on first use: for each room, user or document.
///
/// A topic that has no subscriber, and that nobody holds as a [`Channel`], is dropped after some
/// time, and its history with it. A client that resumes there later finds a gap.
///
/// `Hash`, `Eq` and `Clone` of the keys run while the topics are locked: they must not use them.
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
    each: Option<Each<K>>,
    map: Arc<Mutex<Map<K, T>>>,
    /// Held while a topic is made, and never while the map is locked.
    making: Arc<Mutex<()>>,
}

/// Makes the options of a topic of those of all.
type Each<K> = Arc<dyn Fn(&K, ChannelOptions) -> ChannelOptions + Send + Sync>;

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
    /// an error never comes back. It does after an empty stream:
    ///
    /// ```
    /// use tower_sse::{BoxEventStream, ChannelEvent, EventStream, Topics};
    ///
    /// fn room(rooms: &Topics<String>, room: String) -> BoxEventStream<ChannelEvent> {
    ///     match rooms.topic(room) {
    ///         Ok(topic) => EventStream::new(topic.resume(None)).into_boxed(),
    ///         Err(_) => BoxEventStream::default(),
    ///     }
    /// }
    /// # let _ = room;
    /// ```
    pub fn topic(&self, key: K) -> Result<Channel<T>, TooManyTopics> {
        if let Some(channel) = self.get(&key) {
            return Ok(channel);
        }
        // Dropped last.
        let mut waste = Waste::new();
        // Nobody else makes it meanwhile, publishes to it, and lets go of it.
        let _making = lock(&self.making);
        let (now, mut serial) = (self.options.timer.now(), None);
        let found = self.work(&mut waste, |map| {
            map.sweep(now, self.linger);
            map.remove_closed(&key);
            let found = map.get(&key).cloned();
            if found.is_none() && (map.len() < self.most.get() || map.make_room(now)) {
                serial = Some(map.draw());
            }
            found
        });
        if let Some(channel) = found {
            return Ok(channel);
        }
        let serial = serial.ok_or(TooManyTopics(()))?;
        let channel = self.make(&key, serial);
        let now = self.options.timer.now();
        self.work(&mut waste, |map| {
            map.insert(key, channel.clone(), serial, now);
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
        let channel = self.swept(|map| map.get(key).cloned())?;
        (!channel.is_closed()).then_some(channel)
    }

    /// Closes the topic of a key and removes it: its subscribers read what is left, and end.
    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut waste = Waste::new();
        // Until it is closed, it is found: two of one key could give the same ids.
        if let Some(channel) = self.work(&mut waste, |map| map.get(key).cloned()) {
            channel.close();
            self.work(&mut waste, |map| map.remove_closed(key));
        }
    }

    /// Returns how many topics there are.
    pub fn len(&self) -> usize {
        self.swept(|map| map.len())
    }

    /// Returns `true` if there are no topics.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the keys of all topics, in no order.
    pub fn keys(&self) -> Vec<K> {
        self.swept(|map| map.keys())
    }

    /// Closes and removes all topics. Those that are asked for later are made anew.
    pub fn close(&self) {
        let mut waste = Waste::new();
        let channels = self.work(&mut waste, |map| map.channels());
        channels.iter().for_each(Channel::close);
        self.work(&mut waste, Map::remove_all_closed);
    }

    /// Looks at the topics when those are gone whose time has passed.
    fn swept<R>(&self, look: impl FnOnce(&mut Map<K, T>) -> R) -> R {
        let (mut waste, now) = (Waste::new(), self.options.timer.now());
        self.work(&mut waste, |map| {
            map.sweep(now, self.linger);
            look(map)
        })
    }

    /// Works on the topics.
    fn work<R>(&self, waste: &mut Waste<K, T>, work: impl FnOnce(&mut Map<K, T>) -> R) -> R {
        with(&self.map, waste, work)
    }

    fn make(&self, key: &K, serial: u64) -> Channel<T> {
        let mut options = self.options.clone();
        // Two topics with the same ids would take each other's for their own.
        options.after = None;
        if let Some(each) = &self.each {
            options = each(key, options);
        }
        let (map, key, timer) = (
            Arc::downgrade(&self.map),
            key.clone(),
            self.options.timer.clone(),
        );
        let on_vacant = move || {
            if let Some(map) = Weak::upgrade(&map) {
                let (mut waste, now) = (Waste::new(), timer.now());
                with(&map, &mut waste, |map| map.vacated(&key, serial, now));
            }
        };
        Channel::of(Shared::new(options, Some(Box::new(on_vacant))))
    }
}

/// Works on the topics, and hands out what is to be dropped when they are not locked any more.
fn with<K, T, R>(
    map: &Mutex<Map<K, T>>,
    waste: &mut Waste<K, T>,
    work: impl FnOnce(&mut Map<K, T>) -> R,
) -> R
where
    K: Hash + Eq + Clone,
    T: ?Sized,
{
    let mut map = lock(map);
    let done = work(&mut map);
    waste.append(&mut map.take_waste());
    done
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
            each: self.each.clone(),
            map: Arc::clone(&self.map),
            making: Arc::clone(&self.making),
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
