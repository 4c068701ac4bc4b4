use crate::EncodedEvent;

/// What an [`EventMapBody`](crate::EventMapBody) does with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "an action does nothing until a closure returns it"]
pub enum EventAction {
    /// Passes the event on as it is, byte for byte.
    Keep,
    /// Removes the event, with its `id` and `retry`.
    Drop,
    /// Sends another event in its place. To send several, encode them as one [`EncodedEvent`].
    Replace(EncodedEvent),
}

impl EventAction {
    /// Replaces the event by this one.
    ///
    /// ```
    /// use tower_sse::{Event, EventAction};
    ///
    /// let action = EventAction::replace(Event::new("redacted"));
    /// # let EventAction::Replace(event) = action else { panic!() };
    /// # assert_eq!(event.as_bytes(), b"data: redacted\n\n");
    /// ```
    pub fn replace(event: impl Into<EncodedEvent>) -> Self {
        Self::Replace(event.into())
    }
}
