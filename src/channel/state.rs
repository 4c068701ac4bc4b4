//! A channel with a state.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use super::{Channel, ChannelOptions, PublishError, Subscription, numbered::Unnumbered};
use crate::{
    EncodeEvent, EncodedEvent, Error, Event, EventId, EventItem, LastEventId,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A state together with a channel of its changes.
///
/// A subscriber gets a snapshot of the state and then every later change, with no loss and no
/// duplicates.
///
/// Use it for a state that each change reads first, such as a count of votes, and for one whose changes are
/// smaller than it. [`update`](Self::update) reads, changes and publishes under one lock, so that of two requests
/// none undoes the change of the other. For a state of many keys that each event replaces as a whole, use a
/// [`KeyedChannel`](super::KeyedChannel). The state is in memory: over a store there is no such channel.
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
/// Clones are handles to the same state. The closures run while the state is locked: they must not block,
/// and must not use the same `StateChannel` or its channel. To store a change first, store it before the
/// call under a lock of the store, and hold that lock until the call returns to keep the order.
pub struct StateChannel<S, T: ?Sized = Event> {
    channel: Channel<T>,
    state: Arc<Mutex<S>>,
}

impl<S, T: ?Sized> StateChannel<S, T> {
    /// Creates a state, and a channel for its changes.
    pub fn new(state: S, options: ChannelOptions) -> Self {
        Self {
            channel: Channel::new(options),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Subscribes to every later change, after a snapshot of the state that the closure makes.
    ///
    /// The closure returns an event, or a `Result` of one. The event gets the id of this position in the
    /// log.
    ///
    /// # Errors
    ///
    /// Fails if the closure does, or if the event cannot be encoded.
    pub fn subscribe<E: EventItem>(
        &self,
        snapshot: impl FnOnce(&S) -> E,
    ) -> Result<Subscription, Error> {
        // Before the lock of the state: a task that is woken by the first subscriber may read the state.
        let mut subscription = self.channel.subscribe();
        // Both under that lock, under which changes are published: so the snapshot has exactly the
        // changes before the position.
        let snapshot = {
            let state = self.lock();
            subscription.skip_all(self.channel.shared());
            snapshot(&state)
        };
        Ok(subscription.start_with(encode(snapshot)?))
    }

    /// Subscribes to the changes after the event with this id, if all of them are retained.
    ///
    /// Otherwise, and without an id, it begins with a snapshot like [`subscribe`](Self::subscribe).
    ///
    /// # Errors
    ///
    /// Fails like [`subscribe`](Self::subscribe).
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

    /// Calls the closure with the current state, and returns its result.
    pub fn read<R>(&self, read: impl FnOnce(&S) -> R) -> R {
        read(&self.lock())
    }

    /// Returns the channel of the changes.
    ///
    /// Use it to count the subscribers or to close the channel. An event that is published there changes no
    /// state.
    pub fn channel(&self) -> &Channel<T> {
        &self.channel
    }

    fn lock(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, T: EncodeEvent> StateChannel<S, T> {
    /// Changes the state, and publishes the event that the closure returns for the change.
    ///
    /// The closure returns an event, or a `Result` of one.
    ///
    /// # Errors
    ///
    /// Fails with [`PublishError::Before`] if the closure does; it should not have changed the state then.
    ///
    /// Fails like [`Channel::publish`] after the state has changed. A change that cannot be published
    /// counts as missed by all subscribers, so [`LagPolicy`](super::LagPolicy) applies, and it has an id of
    /// its own.
    ///
    /// # Panics
    ///
    /// Panics if the closure or the encoding does. The state stays as it is then, and all subscribers
    /// have missed a change.
    pub fn update<E: EventItem<Event = T>>(
        &self,
        change: impl FnOnce(&mut S) -> E,
    ) -> Result<EventId, PublishError> {
        let (hub, channel) = (self.channel.hub(), self.channel.shared());
        let mut state = self.lock();
        let updated = catch_unwind(AssertUnwindSafe(|| {
            let event = change(&mut state).into_result();
            let event = event.map_err(PublishError::Before)?;
            hub.append(&[channel], &[Unnumbered::encode(&event)?])
        }));
        // A closure that returns an error has changed nothing, so no subscriber has missed anything.
        let is_rejected = matches!(updated, Ok(Err(PublishError::Before(_))));
        if !is_rejected && !matches!(updated, Ok(Ok(_))) {
            hub.clear_and_skip(channel);
        }
        drop(state);
        // Only now, because a woken subscriber may read the state.
        if !is_rejected {
            channel.subscribers.wake_all();
        }
        let number = updated.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(hub.epoch().id(number))
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
