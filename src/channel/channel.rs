//! The handle of a channel, and its subscribers' side.

use std::{fmt, future::Future, marker::PhantomData, sync::Arc};

use super::{
    ChannelOptions, Gap, Memory, Subscription,
    hub::shared::HubShared,
    publisher::Publisher,
    shared::ChannelShared,
    start::{Start, StartKind},
};
use crate::{Event, EventId, LastEventId, store::Epoch};

/// A channel that sends events to many clients, which can resume with no loss and no duplicates.
///
/// One feed needs nothing else: a channel by itself is a hub of one, and works like a channel of a
/// [`Hub`](super::Hub).
///
/// A channel is a log: publishing appends to it, and a subscriber is a position in it. An event is
/// encoded once, gets the next id, and goes to all subscribers. Publishing never waits for a subscriber.
///
/// A client that reconnects with its `Last-Event-ID` continues from that position: it gets every later
/// event once, in order. Events that are no longer retained are a *gap* for a client that resumes, and
/// a *lag* for a subscriber that was too slow. [`GapPolicy`](super::GapPolicy) and
/// [`LagPolicy`](super::LagPolicy) say what happens then, and [`NoticePolicy`](super::NoticePolicy) in
/// which form the client is notified.
///
/// Clones are handles to the same channel. It closes when the last of them is dropped.
///
/// ```
/// use futures_util::StreamExt;
/// use tower_sse::{Channel, ChannelOptions, Event, EventStream, LastEventId};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::PublishError> {
/// let news = Channel::new(ChannelOptions::new());
/// let mut subscription = news.subscribe();
///
/// let first = news.publish(Event::new("one"))?;
/// news.publish(Event::new("two"))?;
/// assert_eq!(subscription.next().await.unwrap().id(), Some(first.clone()));
///
/// // The client has reconnected. A handler returns `EventStream::new(resumed)`.
/// let last_event_id = LastEventId::new(first).unwrap();
/// let mut resumed = news.resume(Some(&last_event_id));
/// let event = resumed.next().await.unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: two\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # Ids
///
/// An id is an epoch and a number, such as `k3Zp9A-42`: 22 bytes at most for the first hundred
/// million million. The epoch is drawn at random when the channel is made. So an id from before a
/// restart, from another channel, or made up by a client results in a [`Gap`], not in a stream that
/// silently misses events. An id that the event itself has is removed. Every client sees the number, which is how
/// many events were published.
///
/// The id stands at the end of the last event of an item, so that a client whose connection breaks
/// within an item of several events gets all of them again. An item without data, such as a comment or a
/// `retry`, has a number but no id on the wire: most browsers drop the id of a block without data.
///
/// # Types
///
/// `Channel<T>` takes any `T` that implements [`EncodeEvent`](crate::EncodeEvent): a type of your own,
/// `str`, `Json<T>` or `Tagged<T>`.
///
/// `Channel<T, Stored>` is a channel of a hub over a store ([`Hub::open`](super::Hub::open)). Its methods that
/// publish and subscribe are `async`.
pub struct Channel<T: ?Sized = Event, S = Memory> {
    publisher: Arc<Publisher>,
    channel: Arc<ChannelShared>,
    events: PhantomData<fn(&T) -> S>,
}

impl<T: ?Sized> Channel<T> {
    /// Creates a channel, which is a hub of its own.
    ///
    /// For several channels in one stream, and for a channel for each room, user or document, use a
    /// [`Hub`](super::Hub).
    ///
    /// It is never [keyed](ChannelOptions::keyed): see [`KeyedChannel`](super::KeyedChannel).
    pub fn new(mut options: ChannelOptions) -> Self {
        options.keyed = None;
        Self::with_options(options)
    }

    /// Creates a channel, keyed or not.
    pub(super) fn with_options(options: ChannelOptions) -> Self {
        let (hub, channel) = HubShared::with_channel(options);
        let channel = Arc::new(channel);
        let publisher = Publisher::of_channel(hub, &channel);
        Self::from_parts(&Arc::new(publisher), channel)
    }

    /// Subscribes to the events that are published from now on.
    ///
    /// Use it for readers within the program, and for clients that never reconnect. A client whose
    /// connection breaks before its first event has no id to resume with; [`resume`](Self::resume)
    /// without an id gives it one.
    pub fn subscribe(&self) -> Subscription {
        Subscription::live(self.hub(), self.start(StartKind::Live), None)
    }

    /// Subscribes to all events after the one with this id, published or yet to be published.
    ///
    /// Without an id, as on a first visit, the subscription begins with the next event
    /// ([`replay`](Self::replay) begins earlier). Such a client gets a checkpoint first
    /// ([`NoticePolicy`](super::NoticePolicy)), so that it has an id to resume with before anything
    /// is published.
    ///
    /// By default checkpoints and notices of gaps are sent only within [`SseLayer`](crate::SseLayer), to
    /// clients that name `text/event-stream`, and only if the `EventStream` itself polls first. A handler
    /// that polls the subscription before it returns it, or a stream without the layer, needs
    /// [`NoticePolicy::event`](super::NoticePolicy::event).
    ///
    /// An id that this channel does not know, or whose next event was evicted, results in a [`Gap`], and
    /// [`ChannelOptions::gap_policy`] applies.
    pub fn resume(&self, last_event_id: Option<&LastEventId>) -> Subscription {
        let start = self.start(StartKind::Resume);
        Subscription::resume(self.hub(), start, last_event_id, 0, None)
    }

    /// Subscribes like [`resume`](Self::resume), or returns the gap if there is one.
    ///
    /// Use it in handlers that decide for each request how to answer a gap, for instance without a stream.
    ///
    /// ```
    /// use futures_util::{FutureExt, StreamExt};
    /// use tower_sse::{Channel, ChannelOptions, Event, EventId, LastEventId};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() -> Result<(), tower_sse::PublishError> {
    /// let news = Channel::new(ChannelOptions::new());
    /// let last_event_id = LastEventId::new(news.publish(Event::new("one"))?).unwrap();
    /// assert!(news.try_resume(&last_event_id).unwrap().next().now_or_never().is_none());
    ///
    /// let other = LastEventId::new(EventId::from_static("other-7")).unwrap();
    /// let gap = news.try_resume(&other).unwrap_err();
    /// assert!(!gap.is_known);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the gap if the channel does not know the id, or no longer retains the event after it.
    pub fn try_resume(&self, last_event_id: &LastEventId) -> Result<Subscription, Gap> {
        Subscription::try_resume(self.hub(), Arc::clone(&self.channel), last_event_id)
    }

    /// Subscribes to all retained events and all later ones, on a first visit too.
    ///
    /// If no event is retained, the client gets a checkpoint first, as with [`resume`](Self::resume).
    /// Evicted events are left out, and no gap is reported: also those that are evicted before the first event
    /// is read, if they were published before this call.
    pub fn replay(&self) -> Subscription {
        Subscription::resume(self.hub(), self.start(StartKind::Replay), None, 0, None)
    }
}

impl<T: ?Sized, S> Channel<T, S> {
    pub(super) fn from_parts(publisher: &Arc<Publisher>, channel: Arc<ChannelShared>) -> Self {
        Self {
            publisher: Arc::clone(publisher),
            channel,
            events: PhantomData,
        }
    }

    /// Returns the name of the channel in its hub. It is empty for a channel that is a hub of its own.
    pub fn name(&self) -> &str {
        &self.channel.name
    }

    /// Returns the id of the last event that was published in this channel.
    ///
    /// Before the first event it is the id of the position before that event. A client that has the current
    /// state from elsewhere can resume after this id.
    pub fn last_id(&self) -> EventId {
        self.hub().expire(&self.channel);
        self.hub().epoch().id(self.channel.log().last())
    }

    /// Returns the number of subscribers.
    pub fn subscriber_count(&self) -> usize {
        self.channel.subscribers.count()
    }

    /// Waits until there is a subscriber, or until the channel is closed. Returns `true` if there is a
    /// subscriber.
    ///
    /// Use it to start costly work only when somebody reads the result.
    pub fn wait_for_subscriber(&self) -> impl Future<Output = bool> + Send + use<T, S> {
        let channel = Arc::clone(&self.channel);
        async move {
            wait_for(&channel, |channel| match channel.subscribers.count() {
                0 => channel.log().is_closed().then_some(false),
                _ => Some(true),
            })
            .await
        }
    }

    /// Waits until there is no subscriber.
    ///
    /// Use it to stop costly work until the next subscriber arrives.
    pub fn wait_until_idle(&self) -> impl Future<Output = ()> + Send + use<T, S> {
        let channel = Arc::clone(&self.channel);
        async move {
            wait_for(&channel, |channel| {
                (channel.subscribers.count() == 0).then_some(())
            })
            .await
        }
    }

    /// Closes the channel: nothing more is published, and subscribers end after the remaining events.
    ///
    /// In a hub over a store, this closes the channel of this hub alone, and the next event that the hub reads from the
    /// store makes it anew.
    ///
    /// A subscription that has other channels, too, goes on without this one as long as one of them is open, and
    /// its client gets the notice `channel-removed` ([`NoticePolicy`](super::NoticePolicy)). A channel of the
    /// same name that the hub makes later is another one.
    ///
    /// Browsers reconnect again and again. To prevent that, end the stream with
    /// [`EventStream::final_event`](crate::EventStream::final_event)`(Event::close())`, and answer with
    /// [`stop_reconnecting`](crate::stop_reconnecting) a client that has everything: the channel
    /// [`is_closed`](Self::is_closed), and the client's id is its [`last_id`](Self::last_id). For this the
    /// last published event must have data, because a comment or a `retry` has no id on the wire. A
    /// client whose connection broke earlier can still [`resume`](Self::resume), and gets the rest.
    pub fn close(&self) {
        self.hub().close(&self.channel);
    }

    /// Returns `true` if the channel is closed.
    pub fn is_closed(&self) -> bool {
        self.channel.log().is_closed()
    }

    pub(super) fn start(&self, kind: StartKind) -> Vec<(Arc<ChannelShared>, Start)> {
        vec![(Arc::clone(&self.channel), kind.into())]
    }

    /// Returns the number of an id after which a subscription of this channel can begin. `None` for an id of another
    /// epoch.
    pub(crate) fn number_of(&self, id: &EventId) -> Option<u64> {
        let parsed = Epoch::parse(id.as_str());
        let (epoch, number) = parsed?;
        (epoch == self.hub().epoch()).then_some(number)
    }

    pub(crate) fn id_of(&self, number: u64) -> EventId {
        self.hub().epoch().id(number)
    }

    pub(super) fn hub(&self) -> &Arc<HubShared> {
        self.publisher.hub()
    }

    pub(super) fn shared(&self) -> &Arc<ChannelShared> {
        &self.channel
    }
}

/// Waits until the check, which runs after each change between no subscriber and some, has a result.
async fn wait_for<R>(channel: &ChannelShared, check: impl Fn(&ChannelShared) -> Option<R>) -> R {
    loop {
        // Before the check, so that no change between the two is missed.
        let changed = channel.occupancy_changed();
        if let Some(found) = check(channel) {
            return found;
        }
        changed.await;
    }
}

impl<T: ?Sized, S> Clone for Channel<T, S> {
    fn clone(&self) -> Self {
        Self {
            publisher: Arc::clone(&self.publisher),
            channel: Arc::clone(&self.channel),
            events: PhantomData,
        }
    }
}

impl<T: ?Sized, S> fmt::Debug for Channel<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("subscribers", &self.subscriber_count())
            .finish_non_exhaustive()
    }
}
