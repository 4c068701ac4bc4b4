//! The publishers' side of a channel.

use super::{BorrowEvent, Channel, PublishError, numbered::Unnumbered};
use crate::{BoxError, EncodeEvent, EventId};

impl<T: EncodeEvent + ?Sized> Channel<T> {
    /// Publishes an event, by value or by reference, and returns its id.
    ///
    /// # Errors
    ///
    /// Fails if the channel is closed, if the event cannot be encoded, or if it is larger than everything
    /// that the channel may retain. Then no subscriber gets anything.
    pub fn publish(&self, event: impl BorrowEvent<T>) -> Result<EventId, PublishError> {
        self.append_and_wake(&[Unnumbered::encode(event.borrow_event())?])
    }

    /// Publishes an event after a closure has stored it.
    ///
    /// The closure gets the id that the event will have. If it fails, nothing is published and the id is
    /// free again. So no subscriber sees an event that is not stored. The closure must not publish on this channel, nor use the
    /// [`StateChannel`](super::StateChannel) whose channel this is.
    ///
    /// Other publishers wait until the closure returns. Subscribers do not wait, and neither does
    /// [`close`](Self::close). If the channel is closed while the closure runs, publishers that are
    /// waiting fail when it returns, and later ones fail at once. Subscribers still get the event before
    /// they end, because it is stored.
    ///
    /// ```
    /// use tower_sse::{Channel, ChannelOptions, Event, PublishError};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() {
    /// let (channel, mut store) = (Channel::new(ChannelOptions::new()), Vec::new());
    ///
    /// let id = channel.publish_with(Event::new("kept"), |id| {
    ///     store.push((id.clone(), "kept"));
    ///     Ok::<_, std::io::Error>(())
    /// });
    /// assert_eq!(store, [(id.unwrap(), "kept")]);
    ///
    /// let full = channel.publish_with(Event::new("lost"), |_| Err("the disk is full"));
    /// assert!(matches!(full, Err(PublishError::Before(_))));
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    ///
    /// To wait for an `async` store, use a thread that may block, and publish on this channel from such
    /// threads only. Every other publisher waits for the store as well: a publisher in an `async` task
    /// blocks a thread of the runtime, and if that is the only thread, the store never returns.
    ///
    /// ```
    /// use tokio::{runtime::Handle, task::spawn_blocking};
    /// use tower_sse::{BoxError, Channel, ChannelOptions, Event, EventId};
    ///
    /// async fn publish(channel: Channel, text: String) -> Result<EventId, BoxError> {
    ///     let publish = move || {
    ///         let store = |id: &EventId| Handle::current().block_on(store(id, &text));
    ///         channel.publish_with(Event::new(text.clone()), store)
    ///     };
    ///     Ok(spawn_blocking(publish).await??)
    /// }
    ///
    /// async fn store(id: &EventId, text: &str) -> Result<(), BoxError> {
    /// #   tokio::task::yield_now().await;
    ///     // `INSERT INTO events (id, text) VALUES ($1, $2)`
    /// #   let _ = (id, text);
    ///     Ok(())
    /// }
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let channel = Channel::new(ChannelOptions::new());
    /// # let id = publish(channel.clone(), "kept".to_owned()).await.unwrap();
    /// # assert_eq!(id, channel.last_id());
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Fails like [`publish`](Self::publish), and with [`PublishError::Before`] if the closure returns an
    /// error.
    ///
    /// # Panics
    ///
    /// Panics if the closure does. Then nothing is published, and the id is free again.
    pub fn publish_with<E: Into<BoxError>>(
        &self,
        event: impl BorrowEvent<T>,
        before: impl FnOnce(&EventId) -> Result<(), E>,
    ) -> Result<EventId, PublishError> {
        let (hub, event) = (self.hub(), Unnumbered::encode(event.borrow_event())?);
        let store = |number| {
            let stored = before(&hub.epoch().id(number));
            stored.map_err(|error| PublishError::Before(error.into()))
        };
        let number = hub.append_stored(self.shared(), event, store)?;
        self.shared().subscribers.wake_all();
        Ok(hub.epoch().id(number))
    }

    /// Publishes several events together, and returns the id of the last one (`None` if there are none).
    ///
    /// Either all of them are published or none, with no event of another publisher in between.
    ///
    /// # Errors
    ///
    /// Fails like [`publish`](Self::publish), and if the channel cannot retain all of them at once. The
    /// iterator is then asked for one event more than the channel may retain, and for no others.
    pub fn publish_all<I>(&self, events: I) -> Result<Option<EventId>, PublishError>
    where
        I: IntoIterator,
        I::Item: BorrowEvent<T>,
    {
        let max = self.shared().options.bounds.max_events;
        // Encoded before the log is locked: a slow iterator or encoder must not hold up subscribers.
        let mut encoded = Vec::new();
        for event in events {
            if encoded.len() == max {
                return Err(PublishError::TooMany { max });
            }
            encoded.push(Unnumbered::encode(event.borrow_event())?);
        }
        match encoded.is_empty() {
            true => Ok(None),
            false => self.append_and_wake(&encoded).map(Some),
        }
    }

    fn append_and_wake(&self, events: &[Unnumbered]) -> Result<EventId, PublishError> {
        let (hub, channel) = (self.hub(), self.shared());
        let last = hub.append(&[channel], events)?;
        // Once for all events, and when nothing is locked: a task may run as soon as it is woken.
        channel.subscribers.wake_all();
        Ok(hub.epoch().id(last))
    }
}
