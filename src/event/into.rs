//! The arguments of the setters of an event.

use super::{EventId, EventName};

/// A value that converts into an event name, for [`Event::name`](super::Event::name).
///
/// It is an [`EventName`], by value or by reference, or a type of your own that converts into one. The
/// trait is implemented for every `Into<EventName>`; there is no need to implement it. Text does not
/// convert, because not every text is a valid name:
///
/// ```
/// use tower_sse::{Event, EventName};
///
/// const TICK: EventName = EventName::from_static("tick"); // checked by the compiler
///
/// let kind = String::from("tick");
/// let event = Event::new("").name(EventName::try_from(kind)?);
/// assert_eq!(event, Event::new("").name(TICK));
/// # Ok::<(), tower_sse::InvalidEventName>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `EventName`: names are validated",
    label = "not an `EventName`",
    note = "for text in the program write `EventName::from_static(\"tick\")`, best as a `const`",
    note = "for any other text write `EventName::try_from(text)?`"
)]
pub trait IntoEventName {
    /// Returns the name.
    fn into_event_name(self) -> EventName;
}

#[diagnostic::do_not_recommend]
impl<T: Into<EventName>> IntoEventName for T {
    fn into_event_name(self) -> EventName {
        self.into()
    }
}

/// A value that converts into an event id, for [`Event::id`](super::Event::id).
///
/// It is an [`EventId`], by value or by reference, an integer, or a type of your own that converts into
/// one. The trait is implemented for every `Into<EventId>`; there is no need to implement it. Text does
/// not convert, because not every text is a valid id:
///
/// ```
/// use tower_sse::{Event, EventId};
///
/// let cursor = String::from("42");
/// let event = Event::new("").id(EventId::try_from(cursor)?);
/// assert_eq!(event, Event::new("").id(42));
/// # Ok::<(), tower_sse::InvalidEventId>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `EventId`: ids are validated",
    label = "neither an `EventId` nor an integer",
    note = "for text in the program write `EventId::from_static(\"1\")`, or the integer as it is",
    note = "for any other text write `EventId::try_from(text)?`"
)]
pub trait IntoEventId {
    /// Returns the id.
    fn into_event_id(self) -> EventId;
}

#[diagnostic::do_not_recommend]
impl<T: Into<EventId>> IntoEventId for T {
    fn into_event_id(self) -> EventId {
        self.into()
    }
}
