use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Channel, ChannelOptions, PublishError, Subscription, log::Log, numbered::Unnumbered};
use crate::{EncodeEvent, EncodedEvent, Error, Event, EventId, EventItem, LastEventId};

/// A state, and the channel of its changes: a subscriber gets the state as it is, and then each
/// change after it, none lost and none twice.
///
/// ```
/// use futures_util::StreamExt;
/// use tower_sse::{ChannelOptions, Event, EventName, StateChannel};
///
/// const TOTAL: EventName = EventName::from_static("total");
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let votes = StateChannel::new(0u64, ChannelOptions::new());
/// votes.update(|votes| {
///     *votes += 1;
///     Event::new("one more")
/// })?;
///
/// let mut subscription = votes.subscribe(|votes| Event::new(votes.to_string()).name(TOTAL))?;
/// let snapshot = subscription.next().await.unwrap();
/// assert!(snapshot.encoded().as_bytes().starts_with(b"event: total\ndata: 1\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// Clones are the same state. The closures run while the state is locked: they must not block, nor
/// use the same `StateChannel`, nor its channel. A change that is to be stored first is stored before
/// the call, under the store's own lock, which is held until the call returns and so keeps the order.
pub struct StateChannel<S, T: ?Sized = Event> {
    channel: Channel<T>,
    state: Arc<Mutex<S>>,
}

impl<S, T: ?Sized> StateChannel<S, T> {
    /// Makes a channel for the changes of a state.
    pub fn new(state: S, options: ChannelOptions) -> Self {
        Self {
            channel: Channel::new(options),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Subscribes to the state, as the closure tells it, and to every change after it.
    ///
    /// The closure returns an event, or a `Result` of one. It has the id of this point of the log.
    ///
    /// # Errors
    ///
    /// The closure's, or that the event cannot be encoded.
    pub fn subscribe<E: EventItem>(
        &self,
        snapshot: impl FnOnce(&S) -> E,
    ) -> Result<Subscription, Error> {
        let shared = self.channel.shared();
        let (next, snapshot) = {
            let state = self.lock();
            (shared.expire_and_read(Log::next_number), snapshot(&state))
        };
        let snapshot = encode(snapshot)?;
        Ok(Subscription::new(shared, next).start_with(snapshot))
    }

    /// Subscribes to the changes after an event. Where the channel cannot tell them all, or there is
    /// no id, to the state and every change after it.
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub fn resume<E: EventItem>(
        &self,
        last_event_id: Option<&LastEventId>,
        snapshot: impl FnOnce(&S) -> E,
    ) -> Result<Subscription, Error> {
        let resumed = last_event_id.and_then(|id| self.channel.try_resume(id).ok());
        match resumed {
            Some(subscription) => Ok(subscription),
            None => self.subscribe(snapshot),
        }
    }

    /// Reads the state.
    pub fn read<R>(&self, read: impl FnOnce(&S) -> R) -> R {
        read(&self.lock())
    }

    /// Returns the channel of the changes: for the number of its subscribers, to close it. What is
    /// published there changes no state.
    pub fn channel(&self) -> &Channel<T> {
        &self.channel
    }

    fn lock(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, T: EncodeEvent> StateChannel<S, T> {
    /// Changes the state, and publishes the change that the closure returns: an event, or a `Result`
    /// of one.
    ///
    /// # Errors
    ///
    /// The closure's, as [`PublishError::Before`]: then it should not have changed the state. Or as
    /// [`Channel::publish`]: the state has changed. A change that could not be published counts as
    /// missed by all subscribers, so they [`LagPolicy`](super::LagPolicy), and has an id of its own: a store that
    /// keeps the last one ([`ChannelOptions::after`]) then keeps [`Channel::last_id`].
    ///
    /// # Panics
    ///
    /// When the closure or the encoding does. The state stays as it then is, and all have missed a
    /// change.
    pub fn update<E: EventItem<Event = T>>(
        &self,
        change: impl FnOnce(&mut S) -> E,
    ) -> Result<EventId, PublishError> {
        let shared = self.channel.shared();
        let mut state = self.lock();
        let updated = catch_unwind(AssertUnwindSafe(|| {
            let event = change(&mut state).into_result();
            let event = event.map_err(PublishError::Before)?;
            shared.append(&[Unnumbered::encode(&event)?])
        }));
        let is_rejected = matches!(updated, Ok(Err(PublishError::Before(_))));
        if !is_rejected && !matches!(updated, Ok(Ok(_))) {
            shared.clear_and_skip();
        }
        drop(state);
        // Only now, because a woken subscriber may read the state.
        if !is_rejected {
            shared.wakers.wake_all();
        }
        let number = updated.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(shared.epoch.id(number))
    }
}

fn encode<E: EventItem>(item: E) -> Result<EncodedEvent, Error> {
    let event = item.into_result().map_err(Error::stream)?;
    EncodedEvent::new(&event).map_err(Error::encode)
}

impl<S, T: ?Sized> Clone for StateChannel<S, T> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            state: Arc::clone(&self.state),
        }
    }
}

impl<S, T: ?Sized> fmt::Debug for StateChannel<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateChannel")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
