//! A hub that assigns the ids itself.

use std::sync::Arc;

use super::{Hub, HubOptions, Subscriber, shared::HubShared};
use crate::{
    ChannelError, ChannelStart, EncodeEvent, EventId, LastEventId, Memory, Subscription,
    channel::{PublishError, numbered::Unnumbered},
};

impl Hub {
    /// Creates a hub in memory.
    pub fn new(options: HubOptions) -> Self {
        Self::of(Arc::new(HubShared::new(options)))
    }

    /// Publishes an event to several channels at once, under one id.
    ///
    /// A subscriber of several of them gets it once. A name that is given twice counts once. Without any name
    /// nothing is published, and the id is [`last_id`](Self::last_id).
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel) with [`PublishError::Channel`], and like
    /// [`Channel::publish`](crate::Channel::publish). Then no subscriber of any channel gets anything.
    pub fn publish<T, N>(&self, names: N, event: &T) -> Result<EventId, PublishError>
    where
        T: EncodeEvent + ?Sized,
        N: IntoIterator,
        N::Item: AsRef<str>,
    {
        let event = Unnumbered::encode(event)?;
        let channels = self.channels(names).map_err(PublishError::Channel)?;
        if channels
            .iter()
            .any(|channel| channel.options.keyed.is_some())
        {
            return Err(PublishError::Channel(ChannelError::Keyed));
        }
        let to: Vec<_> = channels.iter().collect();
        let number = self.shared().append(&to, &[event])?;
        channels
            .iter()
            .for_each(|channel| channel.subscribers.wake_all());
        Ok(self.shared().epoch().id(number))
    }

    /// Subscribes to the events that are published from now on in these channels.
    ///
    /// A [`ChannelStart`] gives a channel a start of its own; a name alone begins with the next event, and a
    /// keyed channel with a snapshot ([`ChannelStart::live`] leaves it out).
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel).
    pub fn subscribe<N>(&self, channels: N) -> Result<Subscription, ChannelError>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        Subscriber::<Memory>::anonymous(self.shared()).subscribe(channels)
    }

    /// Subscribes to all events of these channels after the one with this id.
    ///
    /// It behaves like [`Channel::resume`](crate::Channel::resume): without an id it begins with the next event,
    /// and what is no longer retained is a [`Gap`](crate::Gap), for each channel by itself and by the policy of
    /// that channel. The id must be of a stream that had the same channels
    /// ([what an id means](crate::Hub#what-an-id-means)): a [`ChannelStart`] gives any other channel a start of its
    /// own.
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel).
    pub fn resume<N>(
        &self,
        channels: N,
        last_event_id: Option<&LastEventId>,
    ) -> Result<Subscription, ChannelError>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        Subscriber::<Memory>::anonymous(self.shared()).resume(channels, last_event_id)
    }

    /// Subscribes to all retained events of these channels and all later ones, in the order in which they
    /// were published. Evicted events are left out, and no gap is reported.
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel).
    pub fn replay<N>(&self, names: N) -> Result<Subscription, ChannelError>
    where
        N: IntoIterator,
        N::Item: AsRef<str>,
    {
        let starts = names.into_iter();
        let starts = starts.map(|name| ChannelStart::replay(name.as_ref()));
        self.resume(starts, None)
    }
}
