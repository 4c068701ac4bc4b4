//! A hub over a store.

use std::{future::Future, sync::Arc};

use crate::{
    ChannelError, ChannelStart, EncodeEvent, EventId, Hub, HubOptions, LastEventId, Stored,
    Subscription,
    channel::{PublishError, Subscriber, hub::shared::HubShared, numbered::Unnumbered},
    store::{HubStore, Outage, StoreError},
};

impl Hub<Stored> {
    /// Opens a hub over a store, which any number of hubs share: each on a node of its own, for example.
    ///
    /// An event that one of them publishes reaches the subscribers of all, and a client resumes at any of them.
    /// What the hub retains in memory ([`HubOptions`]) is the newest part of the history. A client that is
    /// further behind is served from the store, in pages, and so is one that is too slow for the memory: for
    /// neither is that a gap or a lag. Each such client holds one page, of at most 500 events and 256 KiB
    /// ([`Page::MAX_BYTES`](crate::store::Page::MAX_BYTES)); a larger event is a page of its own.
    ///
    /// The call waits until the hub has what the store had when it was called. From then on tasks follow the
    /// store, which end when the hub is closed: when the last handle of it and of its channels is dropped. While
    /// the store cannot be reached, open streams stay open, and publishing fails after
    /// [`HubOptions::publish_timeout`].
    ///
    /// All hubs over a store must give the same options to a channel
    /// ([`HubOptions::each`]). [`Presence`](crate::Presence) has the subscribers of all of them.
    ///
    /// ```
    /// use futures_util::StreamExt;
    /// use tower_sse::{Channel, Event, Hub, HubOptions, LastEventId, Stored};
    /// use tower_sse::store::{MemoryStore, MemoryStoreOptions};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
    /// let store = MemoryStore::new(MemoryStoreOptions::new());
    /// let one = Hub::open(store.clone(), HubOptions::new()).await?;
    /// let other = Hub::open(store, HubOptions::new()).await?;
    ///
    /// let news: Channel<Event, Stored> = one.channel("news")?;
    /// let first = news.publish(Event::new("one")).await?;
    /// news.publish(Event::new("two")).await?;
    ///
    /// // The client comes back to the other hub.
    /// let last_event_id = LastEventId::new(first).unwrap();
    /// let mut resumed = other.resume(["news"], Some(&last_event_id)).await?;
    /// let event = resumed.next().await.unwrap();
    /// assert!(event.encoded().as_bytes().starts_with(b"data: two\n"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be read (it is tried once, for [`HubOptions::publish_timeout`] at most), if what it
    /// has cannot be read within [`HubOptions::backfill_timeout`], or if the options have no executor.
    pub async fn open(store: impl HubStore, options: HubOptions) -> Result<Self, StoreError> {
        Ok(Self::of(HubShared::open(store, options).await?))
    }

    /// Returns the outage of the store while the hub cannot follow it, with its beginning and its cause.
    ///
    /// During an outage the hub tries again, in pauses of 2 s at most. It ends with the next record that the hub
    /// reads, or 5 s after the store is back if there is none. With the feature `tracing` its beginning and its end
    /// are also events of the target `tower_sse`, with the levels WARN and INFO. With the feature `metrics`,
    /// `HubOptions::metrics` records outages.
    ///
    /// Use it in a health check. An outage of a few seconds is no reason to take a node away: its streams stay open,
    /// and go on where they were.
    ///
    /// ```
    /// use tower_sse::{Hub, HubOptions, store::{MemoryStore, MemoryStoreOptions}};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
    /// let store = MemoryStore::new(MemoryStoreOptions::new());
    /// let hub = Hub::open(store, HubOptions::new()).await?;
    /// assert!(hub.outage().is_none(), "a store in memory has none");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn outage(&self) -> Option<Outage> {
        self.shared().outage()
    }

    /// Publishes an event to several channels at once, under one id, and returns when the store has it.
    ///
    /// A subscriber of several of them gets it once. A name that is given twice counts once. Without any name nothing
    /// is stored, and the id is [`last_id`](Self::last_id).
    ///
    /// The event is encoded at once, and sent to the store when the future is first polled. Events that one task
    /// publishes one after the other are stored in this order. If the future is dropped later, the event may be stored
    /// nevertheless. Subscribers get the event when their hub reads it from the store, which may be a moment after
    /// the call returns.
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel) with [`PublishError::Channel`], like [`Channel::publish`], and with
    /// [`PublishError::Store`] if the store does not accept the event in time
    /// ([`HubOptions::publish_timeout`]).
    ///
    /// [`Channel::publish`]: crate::Channel::publish
    pub fn publish<T, N>(
        &self,
        names: N,
        event: &T,
    ) -> impl Future<Output = Result<EventId, PublishError>> + Send + use<T, N>
    where
        T: EncodeEvent + ?Sized,
        N: IntoIterator,
        N::Item: AsRef<str>,
    {
        let entry = Unnumbered::encode(event).and_then(|event| {
            let channels = self.channels(names).map_err(PublishError::Channel)?;
            self.shared().entry(&channels, event)
        });
        let hub = Arc::clone(self.shared());
        async move {
            let committed = hub.commit(entry?).await?;
            Ok(committed.epoch.id(committed.position.get()))
        }
    }

    /// Subscribes as [`Hub::subscribe`](Hub::<crate::Memory>::subscribe) does.
    ///
    /// It begins where this hub is: events that the store has but this hub has not read yet are sent, too. A
    /// [keyed](crate::ChannelOptions::keyed) channel is loaded from the store first.
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel).
    pub fn subscribe<N>(
        &self,
        channels: N,
    ) -> impl Future<Output = Result<Subscription, ChannelError>> + Send + use<N>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        Subscriber::<Stored>::anonymous(self.shared()).subscribe(channels)
    }

    /// Subscribes to all events of these channels after the one with this id, which any hub over the store has
    /// made.
    ///
    /// If another hub has sent the client what this one has not read yet, the call waits until it has: for
    /// [`HubOptions::backfill_timeout`] at most, after which the client has a gap. Events that this hub does not
    /// have in memory are read from the store while the client gets them. Those that the store does not have
    /// either are a gap ([`ChannelOptions::gap_policy`](crate::ChannelOptions::gap_policy)), or for a client that
    /// has begun to read a lag ([`ChannelOptions::lag_policy`](crate::ChannelOptions::lag_policy)). Such a gap is
    /// found while the stream is sent, so it is not in [`Subscription::gaps`].
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel).
    pub fn resume<N>(
        &self,
        channels: N,
        last_event_id: Option<&LastEventId>,
    ) -> impl Future<Output = Result<Subscription, ChannelError>> + Send + use<N>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        Subscriber::<Stored>::anonymous(self.shared()).resume(channels, last_event_id)
    }

    /// Subscribes to all events of these channels that the store retains and all later ones, in the order in
    /// which they were published. No gap is reported, unless the store cannot be read within
    /// [`HubOptions::backfill_timeout`].
    ///
    /// # Errors
    ///
    /// Fails like [`channel`](Self::channel).
    pub fn replay<N>(
        &self,
        names: N,
    ) -> impl Future<Output = Result<Subscription, ChannelError>> + Send + use<N>
    where
        N: IntoIterator,
        N::Item: AsRef<str>,
    {
        let starts = names.into_iter();
        let starts = starts.map(|name| ChannelStart::replay(name.as_ref()));
        let starts: Vec<_> = starts.collect();
        Subscriber::<Stored>::anonymous(self.shared()).resume(starts, None)
    }
}
