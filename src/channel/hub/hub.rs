//! The handle of a hub.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use super::{
    Presence, Subscriber, Subscribers,
    generation_names::{GENERATIONS, is_generation},
    shared::HubShared,
    subscriber::find,
};
use crate::{
    Channel, ChannelStart, EventId, KeyedChannel, Memory,
    channel::{ChannelError, publisher::Publisher, shared::ChannelShared},
};

/// Channels by name, which one stream can carry together and resume by one id.
///
/// All channels of a hub share one sequence of ids, and each has its own history and its own
/// [`ChannelOptions`](crate::ChannelOptions). So a client that gets several of them in one stream, such as its
/// own feed, that of its team and a global one, resumes all of them by one short `Last-Event-ID`, with no loss
/// and no duplicates. (Over HTTP/1.1 a browser has six connections to a host, so that an application has few
/// streams to spare.) For one feed alone, a [`Channel`](crate::Channel) is enough.
///
/// A channel is made on first use. One that has no subscriber and no events is removed after some time
/// ([`HubOptions::linger`](crate::HubOptions::linger)). Clones are handles to the same hub, whose channels close
/// when the last handle of it and of its channels is dropped.
///
/// ```
/// use futures_util::StreamExt;
/// use tower_sse::{Channel, Event, Hub, HubOptions, LastEventId};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let hub = Hub::new(HubOptions::new());
/// let team: Channel = hub.channel("team/3")?;
/// let global: Channel = hub.channel("global")?;
///
/// let mut stream = hub.subscribe(["user/ada", "team/3", "global"])?;
/// let first = team.publish(Event::new("one"))?;
/// global.publish(Event::new("two"))?;
/// assert_eq!(stream.next().await.unwrap().id(), Some(first.clone()));
///
/// // The client has reconnected. A handler returns `EventStream::new(resumed)`.
/// let last_event_id = LastEventId::new(first).unwrap();
/// let mut resumed = hub.resume(["user/ada", "team/3", "global"], Some(&last_event_id))?;
/// let event = resumed.next().await.unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: two\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # In memory and over a store
///
/// [`Hub::new`](Hub::<crate::Memory>::new) creates a hub in memory, for one process. [`Hub::open`] opens one over
/// a [store](crate::store), which several nodes share and which outlives them. Its type is `Hub<Stored>`, and its
/// methods that publish, subscribe or change subscriptions are `async`.
///
/// # What an id means
///
/// An id is an epoch and a number, as that of a [`Channel`](crate::Channel#ids). The number is a position in the hub:
/// everything up to it *in the channels of that connection* has been sent. So an id belongs to its set of
/// channels: it cannot tell what the client has of any other channel. A client that resumes with another set, and
/// with an id of the old one, misses events of the channels that it did not have before. Such a channel needs a
/// [`ChannelStart`](crate::ChannelStart) of its own.
///
/// Clients see the numbers, which count the events of all channels. So an id shows how busy the hub is.
pub struct Hub<S = Memory> {
    pub(super) publisher: Arc<Publisher>,
    backing: PhantomData<fn() -> S>,
}

impl<S> Hub<S> {
    pub(in crate::channel) fn of(hub: Arc<HubShared>) -> Self {
        Self {
            publisher: Arc::new(Publisher::of_hub(hub)),
            backing: PhantomData,
        }
    }

    /// Returns the channel with this name, and makes it if there is none.
    ///
    /// The type of the handle is what may be published through it: `Channel<Json<Message>>` or
    /// `Channel<Tagged<E>>`, for example. The hub does not check that all handles have the same type.
    ///
    /// # Errors
    ///
    /// Fails if the name is empty, longer than 255 bytes or has a control character, if it begins with
    /// `presence:` or `tower-sse:`, which are reserved, if the channel is keyed, or if there are too many channels
    /// ([`HubOptions::max_channels`](crate::HubOptions::max_channels)).
    pub fn channel<T: ?Sized>(&self, name: &str) -> Result<Channel<T, S>, ChannelError> {
        let channel = self.shared().channel(name)?;
        match channel.options.keyed {
            Some(_) => Err(ChannelError::Keyed),
            None => Ok(Channel::from_parts(&self.publisher, channel)),
        }
    }

    /// Returns the keyed channel with this name, and makes it if there is none.
    ///
    /// [`HubOptions::each`](crate::HubOptions::each) or
    /// [`HubOptions::channel_options`](crate::HubOptions::channel_options) has to make it keyed
    /// ([`ChannelOptions::keyed`](crate::ChannelOptions::keyed)).
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel), and if the channel is not keyed.
    pub fn keyed_channel<T: ?Sized>(&self, name: &str) -> Result<KeyedChannel<T, S>, ChannelError> {
        let channel = self.shared().channel(name)?;
        match channel.options.keyed {
            Some(_) => Ok(KeyedChannel::from_parts(&self.publisher, channel)),
            None => Err(ChannelError::NotKeyed),
        }
    }

    /// Returns the channel with this name if it exists and is not keyed.
    ///
    /// Use it to publish only where there are or were subscribers.
    pub fn get<T: ?Sized>(&self, name: &str) -> Option<Channel<T, S>> {
        let channel = self.shared().find(name).filter(|_| !is_generation(name))?;
        let channel = channel.options.keyed.is_none().then_some(channel)?;
        Some(Channel::from_parts(&self.publisher, channel))
    }

    /// Makes a subscriber with a name, by which the channels of its subscription can be changed while it is
    /// open. Several subscribers can have the same name, such as that of a user with two tabs.
    ///
    /// The name is present in the channels of the subscription that have a [`presence`](Self::presence). In
    /// them it must have 1 to 255 bytes and no control character, as that of a channel.
    pub fn subscriber(&self, name: impl Into<Arc<str>>) -> Subscriber<S> {
        Subscriber::named(self.shared(), name.into())
    }

    /// Returns the open subscriptions with this name, so that channels can be added to them and removed from them.
    pub fn subscribers(&self, name: impl Into<Arc<str>>) -> Subscribers<S> {
        Subscribers::new(self.shared(), name.into())
    }

    /// Returns the presence of the channel with this name: the names of its subscribers.
    ///
    /// # Errors
    ///
    /// Fails if no channel can have this name, or if the channel has no presence
    /// ([`ChannelOptions::presence`](crate::ChannelOptions::presence)).
    pub fn presence(&self, channel: &str) -> Result<Presence, ChannelError> {
        Presence::new(self.shared(), channel)
    }

    /// Returns the id of the present position: that of the last event that was published in any channel, or
    /// of the last channel that was added to or removed from open subscriptions.
    ///
    /// A client that has the current state of its channels from elsewhere can resume after this id. Over a store it
    /// is the position that this hub has read, which may be behind the store.
    pub fn last_id(&self) -> EventId {
        self.shared().epoch().id(self.shared().published())
    }

    /// Returns the number of channels.
    ///
    /// After many channels have become idle at once, those whose time has passed are counted until later
    /// calls have removed them.
    pub fn len(&self) -> usize {
        self.shared().read(|registry| registry.len())
    }

    /// Returns `true` if [`len`](Self::len) is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the names of all channels that [`len`](Self::len) counts, in their order.
    ///
    /// The call takes time in proportion to their number, during which no other call proceeds.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.shared().read(|registry| registry.names())
    }

    /// Closes all channels at once, as [`Channel::close`] does.
    ///
    /// Each subscription reads what its channels retain, and ends. The call takes time in proportion to the number
    /// of channels, during which no other call proceeds. Channels that are asked for later are new ones.
    pub fn close(&self) {
        self.shared().close_all();
    }

    /// Returns the channels with these names, each once.
    pub(in crate::channel) fn channels<N>(
        &self,
        names: N,
    ) -> Result<Vec<Arc<ChannelShared>>, ChannelError>
    where
        N: IntoIterator,
        N::Item: AsRef<str>,
    {
        let starts = names.into_iter();
        let starts = starts.map(|name| ChannelStart::live(name.as_ref()));
        let channels = find(starts, |name| self.shared().channel(name))?.into_iter();
        Ok(channels.map(|(channel, _)| channel).collect())
    }

    /// Makes a subscriber that reads the channels of generations.
    pub(crate) fn generation_subscriber(&self, name: &str) -> Subscriber<S> {
        Subscriber::of_generation(self.shared(), name)
    }

    /// Returns a channel of generations.
    pub(crate) fn generation_channel<T: ?Sized>(
        &self,
        name: &str,
    ) -> Result<Channel<T, S>, ChannelError> {
        let channel = self.shared().any_channel(name)?;
        Ok(Channel::from_parts(&self.publisher, channel))
    }

    /// Returns the channel that has the list of generations.
    pub(crate) fn generations<T: ?Sized>(&self) -> Result<KeyedChannel<T, S>, ChannelError> {
        let channel = self.shared().any_channel(GENERATIONS)?;
        Ok(KeyedChannel::from_parts(&self.publisher, channel))
    }

    /// Returns the time after which a node of which the others hear nothing is dead.
    pub(crate) fn lease(&self) -> Duration {
        self.shared().options.presence_lease
    }

    pub(in crate::channel) fn shared(&self) -> &Arc<HubShared> {
        self.publisher.hub()
    }
}

impl<S> Clone for Hub<S> {
    fn clone(&self) -> Self {
        Self {
            publisher: Arc::clone(&self.publisher),
            backing: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Hub<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("options", &self.shared().options)
            .finish_non_exhaustive()
    }
}
