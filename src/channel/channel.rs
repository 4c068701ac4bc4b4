use std::{fmt, future::Future, marker::PhantomData, sync::Arc};

use super::{
    ChannelOptions, Gap, Subscription, epoch::Epoch, gap::GapAction, log::Log,
    shared::ChannelShared,
};
use crate::{Event, EventId, LastEventId};

/// One feed for many clients, which a client can resume with no loss and no duplicates.
///
/// A channel is a log: publishing appends to it, and a subscriber is a place in it. An event is encoded
/// once, gets the next id, and goes to all subscribers; publishing never waits for any of them.
/// A client that comes back with its `Last-Event-ID` begins at an older place, so between what it
/// had and what is new there is no gap, no duplicate and no other order. What is not retained any more is a
/// gap or a lag, with a policy for each ([`GapPolicy`](super::GapPolicy), [`LagPolicy`](super::LagPolicy)). A client learns of
/// it in the form that it takes ([`NoticePolicy`](super::NoticePolicy)).
///
/// Clones are the same channel. It closes when the last of them is dropped.
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
/// // The client has come back. What a handler returns is `EventStream::new(resumed)`.
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
/// million million. The epoch is drawn when the channel is made, so an id of before a restart, of
/// another channel, or made up by a client is a [`Gap`], not an empty answer. An id that the event
/// itself has is removed.
///
/// The id stands at the end of the last event of an item, so that a client which is cut off within an
/// item of several events gets all of them again. An item without data, such as a comment or a `retry`,
/// has a number but no id on the wire: most browsers drop the id of a block without data.
///
/// # Types
///
/// `Channel<T>` takes whatever is [`EncodeEvent`](crate::EncodeEvent): a type of your own, `str`,
/// `Json<T>` or `Tagged<T>`.
pub struct Channel<T: ?Sized = Event> {
    publisher: Arc<Publisher>,
    events: PhantomData<fn(&T)>,
}

/// What all clones of a channel share; with the last of them it closes.
struct Publisher(Arc<ChannelShared>);

impl Drop for Publisher {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T: ?Sized> Channel<T> {
    /// Makes a channel.
    pub fn new(options: ChannelOptions) -> Self {
        Self::from_shared(ChannelShared::new(options, None))
    }

    pub(super) fn from_shared(shared: ChannelShared) -> Self {
        Self {
            publisher: Arc::new(Publisher(Arc::new(shared))),
            events: PhantomData,
        }
    }

    /// Subscribes to what is published from now on.
    ///
    /// For readers within the program, and clients that never come back. One that is cut off before its
    /// first event has no id to come back with: [`resume`](Self::resume) without an id gives it one.
    pub fn subscribe(&self) -> Subscription {
        let next = self.shared().expire_and_read(Log::next_number);
        Subscription::new(self.shared(), next)
    }

    /// Subscribes to what has been published after an event, and to what will be. Without an id, as
    /// on a first visit, to what is published from now on ([`replay`](Self::replay) begins earlier).
    ///
    /// Such a client gets a checkpoint first ([`NoticePolicy`](super::NoticePolicy)), so that it has an
    /// id to come back with though nothing has been published yet.
    ///
    /// By default checkpoints and gaps are sent only within [`SseLayer`](crate::SseLayer), to clients that
    /// name event streams, and only when the `EventStream` itself polls first: a handler that polls the
    /// subscription once before it returns it, or a stream without the layer, needs
    /// [`NoticePolicy::event`](super::NoticePolicy::event).
    ///
    /// An id that this channel does not know, or whose next event is not retained any more, is a
    /// [`Gap`], and [`ChannelOptions::gap_policy`] says what comes of it.
    pub fn resume(&self, last_event_id: Option<&LastEventId>) -> Subscription {
        match last_event_id {
            Some(id) => self
                .try_resume(id)
                .unwrap_or_else(|gap| self.resume_after_gap(gap)),
            None => self.subscribe().with_checkpoint(),
        }
    }

    /// Subscribes as [`resume`](Self::resume), unless there is a gap: for handlers that decide at each
    /// request how to answer one, for instance without a stream.
    ///
    /// To fill it from a store that is asked here, send what the store has after the id, and try again
    /// with the last id of that. Either the channel has evicted more meanwhile, or what follows has no gap.
    /// If the store does not know the id either, report the gap to the client.
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
    /// When the channel does not know the id, or does not hold the event after it any more.
    pub fn try_resume(&self, last_event_id: &LastEventId) -> Result<Subscription, Gap> {
        let (shared, id): (_, &EventId) = (self.shared(), last_event_id);
        let number = Epoch::parse(id.as_str()).filter(|(epoch, _)| *epoch == shared.epoch);
        let (first, next) = shared.expire_and_read(|log| (log.first_number(), log.next_number()));
        // An id that is still to be given is made up.
        let known = number.map(|(_, number)| number).filter(|n| *n < next);
        match known.map(|number| number + 1) {
            Some(next) if next >= first => Ok(Subscription::new(shared, next)),
            _ => {
                let gap = |log: &_| Gap::new(id.clone(), known.is_some(), shared.epoch, log);
                Err(shared.expire_and_read(gap))
            }
        }
    }

    /// Subscribes to all that is retained, and to what will be published: for a first visit, too. Where
    /// nothing is retained, the client gets a checkpoint first, as by [`resume`](Self::resume).
    ///
    /// Evicted events are left out, and the gap is not reported.
    pub fn replay(&self) -> Subscription {
        let (first, is_empty) = self
            .shared()
            .expire_and_read(|log| (log.first_number(), log.is_empty()));
        let retained = Subscription::new(self.shared(), first);
        match is_empty {
            true => retained.with_checkpoint(),
            false => retained,
        }
    }

    fn resume_after_gap(&self, gap: Gap) -> Subscription {
        let retained = |first| Subscription::new(self.shared(), first);
        match &self.shared().options.gap_policy.0 {
            GapAction::Notify => retained(gap.first_number).with_gap(gap),
            GapAction::Live => self.subscribe().with_silent_gap(gap),
            GapAction::Backfill(start) => retained(gap.first_number).with_backfill(start(gap)),
        }
    }

    /// Returns the id of the event that was published last. Before the first it is that of the point
    /// before it, or what [`ChannelOptions::after`] says.
    ///
    /// A client that has the state of this moment from elsewhere resumes after it, and a store that
    /// keeps it from the beginning knows the id of a client that has seen no event yet.
    pub fn last_id(&self) -> EventId {
        let next = self.shared().expire_and_read(Log::next_number);
        self.shared().epoch.id(next.saturating_sub(1))
    }

    /// Returns how many subscribers there are.
    pub fn subscriber_count(&self) -> usize {
        self.shared().subscriber_count()
    }

    /// Waits until there is a subscriber, so that costly work begins only then, or until the
    /// channel is closed. Returns `true` if there is one.
    pub fn wait_for_subscriber(&self) -> impl Future<Output = bool> + Send + use<T> {
        let shared = Arc::clone(self.shared());
        async move {
            wait_for(&shared, |shared| match shared.subscriber_count() {
                0 => shared.expire_and_read(Log::is_closed).then_some(false),
                _ => Some(true),
            })
            .await
        }
    }

    /// Waits until there is no subscriber, so that costly work can stop until the next one comes.
    pub fn wait_until_idle(&self) -> impl Future<Output = ()> + Send + use<T> {
        let shared = Arc::clone(self.shared());
        async move {
            wait_for(&shared, |shared| {
                (shared.subscriber_count() == 0).then_some(())
            })
            .await
        }
    }

    /// Closes the channel: subscribers read what is left, and end; nothing more is published.
    ///
    /// Browsers reconnect again and again. To prevent it, end the stream with
    /// [`EventStream::final_event`](crate::EventStream::final_event)`(Event::close())`, and answer with
    /// [`stop_reconnecting`](crate::stop_reconnecting) if the client has everything: the channel
    /// [`is_closed`](Self::is_closed), and the client's id is its [`last_id`](Self::last_id). For that, let
    /// the last publication have data: a comment or a `retry` has no id on the wire. A client
    /// that was cut off earlier can still [`resume`](Self::resume), and gets what is left.
    ///
    /// It never waits for a store: an event that [`publish_with`](Self::publish_with) is storing is
    /// still sent, and then the subscribers end.
    pub fn close(&self) {
        self.shared().close();
    }

    /// Returns `true` if the channel is closed.
    pub fn is_closed(&self) -> bool {
        self.shared().expire_and_read(Log::is_closed)
    }

    /// Returns `true` if only this clone can publish.
    pub(super) fn is_only_handle(&mut self) -> bool {
        Arc::get_mut(&mut self.publisher).is_some()
    }

    pub(super) fn shared(&self) -> &Arc<ChannelShared> {
        &self.publisher.0
    }
}

async fn wait_for<R>(shared: &ChannelShared, check: impl Fn(&ChannelShared) -> Option<R>) -> R {
    loop {
        let changed = shared.occupancy_changed();
        if let Some(found) = check(shared) {
            return found;
        }
        changed.await;
    }
}

impl<T: ?Sized> Clone for Channel<T> {
    fn clone(&self) -> Self {
        Self {
            publisher: Arc::clone(&self.publisher),
            events: PhantomData,
        }
    }
}

impl<T: ?Sized> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("subscribers", &self.subscriber_count())
            .finish_non_exhaustive()
    }
}
