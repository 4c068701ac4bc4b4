//! Setters of [`Topics`].

use std::{hash::RandomState, num::NonZeroUsize, sync::Arc, time::Duration};

use super::Topics;
use crate::ChannelOptions;

impl<K, T: ?Sized> Topics<K, T> {
    /// Creates a map of at most `max_topics` open topics, each a channel with these options.
    ///
    /// Together they may retain `max_topics` times the [`max_bytes`](ChannelOptions::max_bytes) of one
    /// topic, plus the memory that a log takes besides. A topic without events takes up to 1 KiB.
    pub fn new(max_topics: NonZeroUsize, options: ChannelOptions) -> Self {
        Self {
            max_topics,
            linger: Duration::from_secs(60),
            options,
            each: None,
            hasher: RandomState::new(),
            map: Arc::default(),
            making: Arc::default(),
        }
    }

    /// Sets a closure that makes the options of each topic.
    ///
    /// The closure gets the key, and the options that [`new`](Self::new) was given. With a store, each
    /// topic has its own history in it:
    ///
    /// ```
    /// use std::{collections::HashMap, num::NonZeroUsize, sync::{Arc, Mutex}};
    /// use futures_util::stream;
    /// use tower_sse::{ChannelOptions, Event, EventId, Gap, GapPolicy, Topics};
    ///
    /// /// The events of each room, the oldest first.
    /// type Store = Arc<Mutex<HashMap<String, Vec<(EventId, String)>>>>;
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() -> Result<(), tower_sse::BoxError> {
    /// let store = Store::default();
    ///
    /// let max = NonZeroUsize::new(10_000).unwrap();
    /// let rooms = Topics::new(max, ChannelOptions::new()).each({
    ///     let store = store.clone();
    ///     move |room: &String, options| {
    ///         let last = store.lock().unwrap().get(room).and_then(|kept| kept.last().cloned());
    ///         let options = match last {
    ///             Some((id, _)) => options.after(&id),
    ///             None => options,
    ///         };
    ///         let (store, room) = (store.clone(), room.clone());
    ///         options.gap_policy(GapPolicy::backfill(move |gap| stream::iter(missed(&store, &room, &gap))))
    ///     }
    /// });
    ///
    /// /// Returns the events of a room that the client has missed, up to where the log continues.
    /// fn missed(store: &Store, room: &str, gap: &Gap) -> Vec<Event> {
    ///     let store = store.lock().unwrap();
    ///     let kept = store.get(room).map_or(&[][..], Vec::as_slice);
    ///     match kept.iter().position(|(id, _)| *id == gap.last_event_id) {
    ///         Some(at) => kept[at + 1..]
    ///             .iter()
    ///             .take_while(|(id, _)| *id != gap.until)
    ///             .map(|(id, text)| Event::new(text.clone()).id(id.clone()))
    ///             .collect(),
    ///         None => vec![gap.notice_event()],
    ///     }
    /// }
    ///
    /// let lobby = rooms.topic("lobby".to_owned())?;
    /// lobby.publish_with(Event::new("hello"), |id| {
    ///     let mut store = store.lock().unwrap();
    ///     store.entry("lobby".to_owned()).or_default().push((id.clone(), "hello".to_owned()));
    ///     Ok::<_, std::io::Error>(())
    /// })?;
    /// # let id = lobby.last_id();
    /// # rooms.remove("lobby");
    /// # assert_eq!(rooms.topic("lobby".to_owned())?.last_id(), id);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    ///
    /// The closure runs whenever a topic is made, and again if the topic is made again after it was
    /// dropped. Meanwhile other new topics wait, existing ones do not. The closure must not ask for a topic
    /// itself. If it waits for an `async` store, call [`topic`](Self::topic) only from threads that may
    /// block, as with [`publish_with`](crate::Channel::publish_with).
    pub fn each(
        mut self,
        each: impl Fn(&K, ChannelOptions) -> ChannelOptions + Send + Sync + 'static,
    ) -> Self {
        self.each = Some(Arc::new(each));
        self
    }

    /// Sets the time for which a topic without subscribers is kept, for clients that reconnect.
    ///
    /// The default is one minute. The time begins when the last subscriber leaves, or when the topic is
    /// made. Publishing does not prolong it; holding the [`Channel`](crate::Channel) does.
    ///
    /// Topics whose time has passed are dropped by the next calls for any topic, up to 32 by each call. The
    /// topic that a call is about is dropped at once if its time has passed. At the maximum number of
    /// topics, a new topic replaces the one that has been idle for the longest and whose channel the
    /// program does not hold. If the program holds the 32 topics that have been idle for the longest, the
    /// call fails, and the next call tries others.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }
}
