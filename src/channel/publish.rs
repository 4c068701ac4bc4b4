//! The publishers' side of a channel.

use super::{BorrowEvent, Channel, PublishError, numbered::Unnumbered};
use crate::{EncodeEvent, EventId};

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
