//! The handle of a keyed channel.

use std::{fmt, sync::Arc};

use super::{
    BorrowEvent, Channel, ChannelOptions, Memory, PublishError, Subscription,
    invalid_name::check_name, numbered::Unnumbered, publisher::Publisher, shared::ChannelShared,
};
use crate::{EncodeEvent, Event, EventId, LastEventId};

/// A channel that has the newest event for each key, such as the state of each device or the price of each
/// share.
///
/// A subscriber gets a snapshot, which is the newest event of each key, and then every change. One that is
/// slow does not lag: it gets the newest event of each key that has changed, goes round by key, and so sees
/// every key however often the others change. A key that is removed is an event of its own, by default
/// named `key-removed` with the key as data ([`ChannelOptions::removal_event`]). The key of an event itself
/// is not on the wire: put it into the event.
///
/// The number of keys is bounded ([`ChannelOptions::keyed`]), and a live key is never evicted: when the
/// channel is full, a new key is rejected, or the removal of the oldest one is published
/// ([`KeyPolicy`](super::KeyPolicy)).
///
/// # Resuming
///
/// In a subscription of its own, a keyed channel has ids: the last event of each round has one, or a
/// checkpoint follows ([`NoticePolicy`](super::NoticePolicy)). A client that resumes gets the keys that have
/// changed since, and the removals. The channel remembers as many removed keys as it may have live ones. A
/// client with an older id gets a snapshot.
///
/// Beside other channels, and with [`ChannelOptions::without_ids`], it has no ids, and each connection begins
/// with a snapshot. An id from such a connection says nothing about the keyed channel: a client that
/// reconnects to that one alone begins with [`ChannelStart::replay`](super::ChannelStart::replay).
///
/// Before a snapshot the client gets a notice, an event named `snapshot` whose data is the channel's name: a
/// page that gets it should forget the keys that it has.
///
/// The ids of a keyed channel, such as `k3Zp9A.42`, are not those of other channels: an id that a client got
/// when it read the channel beside others results in a snapshot.
///
/// For each client that reads it, the server keeps the keys that the client has got.
///
/// `KeyedChannel<T, Stored>` is a channel of a hub over a store ([`Hub::open`](super::Hub::open)). Its methods that
/// publish and subscribe are `async`.
///
/// ```
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{ChannelOptions, Event, KeyedChannel};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::PublishError> {
/// let prices = KeyedChannel::new(ChannelOptions::new());
/// prices.publish("tea", Event::new("tea 3"))?;
/// prices.publish("oil", Event::new("oil 7"))?;
/// prices.publish("tea", Event::new("tea 4"))?;
///
/// let mut snapshot = prices.resume(None);
/// let mut next = || snapshot.next().now_or_never().flatten().unwrap();
/// assert!(next().encoded().as_bytes().starts_with(b"data: oil 7\n"));
/// assert!(next().encoded().as_bytes().starts_with(b"data: tea 4\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
pub struct KeyedChannel<T: ?Sized = Event, S = Memory> {
    channel: Channel<T, S>,
}

impl<T: ?Sized> KeyedChannel<T> {
    /// Creates a keyed channel, which is a hub of its own.
    ///
    /// Unless [`ChannelOptions::keyed`] says otherwise, it has at most 10,000 keys, and rejects more.
    pub fn new(mut options: ChannelOptions) -> Self {
        options.keyed.get_or_insert_default();
        Self {
            channel: Channel::with_options(options),
        }
    }

    /// Subscribes to the changes that are made from now on, without a snapshot.
    pub fn subscribe(&self) -> Subscription {
        self.channel.subscribe()
    }

    /// Subscribes to the changes after the one with this id, or else to a snapshot and all later changes.
    pub fn resume(&self, last_event_id: Option<&LastEventId>) -> Subscription {
        self.channel.resume(last_event_id)
    }

    /// Removes a key. Returns the id of the removal, or `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// Fails if the channel is closed.
    pub fn remove(&self, key: &str) -> Result<Option<EventId>, PublishError> {
        let (hub, channel) = (self.channel.hub(), self.channel.shared());
        let number = hub.remove_key(channel, key)?;
        if number.is_some() {
            channel.subscribers.wake_all();
        }
        Ok(number.map(|number| hub.epoch().keyed_id(number)))
    }
}

impl<T: ?Sized, S> KeyedChannel<T, S> {
    pub(super) fn channel(&self) -> &Channel<T, S> {
        &self.channel
    }

    pub(super) fn from_parts(publisher: &Arc<Publisher>, channel: Arc<ChannelShared>) -> Self {
        Self {
            channel: Channel::from_parts(publisher, channel),
        }
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        let log = self.channel.shared().log();
        log.as_keyed().map_or(0, |keyed| keyed.len())
    }

    /// Returns `true` if there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the keys, those that were updated least recently first.
    ///
    /// The call takes time in proportion to their number, during which nothing is published.
    pub fn keys(&self) -> Vec<Arc<str>> {
        let log = self.channel.shared().log();
        let keyed = log.as_keyed();
        keyed.map_or_else(Vec::new, |keyed| keyed.keys().cloned().collect())
    }

    /// Returns the name of the channel in its hub. It is empty for a channel that is a hub of its own.
    pub fn name(&self) -> &str {
        self.channel.name()
    }

    /// Returns the id of the last change.
    pub fn last_id(&self) -> EventId {
        let channel = self.channel.shared();
        self.channel.hub().epoch().keyed_id(channel.log().last())
    }

    /// Returns the number of subscribers.
    pub fn subscriber_count(&self) -> usize {
        self.channel.subscriber_count()
    }

    /// Waits as [`Channel::wait_for_subscriber`] does.
    pub fn wait_for_subscriber(&self) -> impl Future<Output = bool> + Send + use<T, S> {
        self.channel.wait_for_subscriber()
    }

    /// Waits as [`Channel::wait_until_idle`] does.
    pub fn wait_until_idle(&self) -> impl Future<Output = ()> + Send + use<T, S> {
        self.channel.wait_until_idle()
    }

    /// Closes the channel, as [`Channel::close`] does.
    pub fn close(&self) {
        self.channel.close();
    }

    /// Returns `true` if the channel is closed.
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }
}

impl<T: EncodeEvent + ?Sized> KeyedChannel<T> {
    /// Publishes an event as the newest of its key, and returns its id.
    ///
    /// # Errors
    ///
    /// Fails if the channel is closed, if the key is empty, longer than 255 bytes or has a control
    /// character, if the event cannot be encoded, if it is larger than everything that the channel may
    /// retain, or if the channel or its hub is full ([`PublishError::Full`]). Then nothing changes.
    pub fn publish(&self, key: &str, event: impl BorrowEvent<T>) -> Result<EventId, PublishError> {
        let key = Arc::from(check_name(key).map_err(PublishError::Key)?);
        let event = Unnumbered::encode(event.borrow_event())?;
        let (hub, channel) = (self.channel.hub(), self.channel.shared());
        let number = hub.append_keyed(channel, key, &event)?;
        channel.subscribers.wake_all();
        Ok(hub.epoch().keyed_id(number))
    }
}

impl<T: ?Sized, S> Clone for KeyedChannel<T, S> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
        }
    }
}

impl<T: ?Sized, S> fmt::Debug for KeyedChannel<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedChannel")
            .field("keys", &self.len())
            .field("subscribers", &self.subscriber_count())
            .finish_non_exhaustive()
    }
}
