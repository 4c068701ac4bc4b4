//! Values that can be sent as events.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;

use super::{encoded_event::EncodedEvent, encoder::Encoder};
use crate::{BoxError, Event};

/// A value that can be sent as an event, encoded straight into the frame.
///
/// Implement it for a type of your own if building an [`Event`] would cost a copy:
///
/// ```
/// use tower_sse::{BoxError, EncodeEvent, EncodedEvent, Encoder, EventName};
///
/// struct Price { symbol: &'static str, cents: u32 }
///
/// impl EncodeEvent for Price {
///     fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
///         const PRICE: EventName = EventName::from_static("price");
///         encoder.name(&PRICE).data_fmt(format_args!("{} {}", self.symbol, self.cents))?;
///         Ok(())
///     }
/// }
///
/// let event = EncodedEvent::new(&Price { symbol: "ACME", cents: 1250 })?;
/// assert_eq!(event.as_bytes(), b"event: price\ndata: ACME 1250\n\n");
/// # Ok::<(), BoxError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as an event",
    label = "not an event",
    note = "send an `Event`, text, or (feature `json`) `Json(value)` or `Tagged(value)`",
    note = "or implement `tower_sse::EncodeEvent` for `{Self}`"
)]
pub trait EncodeEvent {
    /// Writes the fields of the event. The caller writes the blank line that ends it.
    ///
    /// To write several events, put [`Encoder::end_event`] between them.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be encoded. Everything that was written for it is then removed.
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError>;

    /// Returns `true` if a client of a stream of these events, by GET or QUERY, can resume and so get the
    /// events that it misses.
    ///
    /// [`SseLayer`](crate::SseLayer) may then end the stream cleanly
    /// ([`SseOptions::resumable`](crate::SseOptions::resumable)). The default is `false`; it is `true` for
    /// the events of a `Channel`. A wrapper type should return what the inner type returns. A stream is also
    /// resumable from the first event that has the id of a channel, whatever its type.
    fn is_resumable() -> bool
    where
        Self: Sized,
    {
        false
    }
}

impl EncodeEvent for Event {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.event(self);
        Ok(())
    }
}

macro_rules! encode_as_data {
    ($($text:ty),*) => {$(
        /// Sends the value as the data of an unnamed event.
        impl EncodeEvent for $text {
            fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
                encoder.data(AsRef::<[u8]>::as_ref(self));
                Ok(())
            }
        }
    )*};
}

encode_as_data!(str, String, Bytes);

/// Sends the text as the data of an unnamed event.
impl EncodeEvent for Cow<'_, str> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.data(&**self);
        Ok(())
    }
}

macro_rules! encode_through {
    ($($pointer:ty),*) => {$(
        impl<T: EncodeEvent + ?Sized> EncodeEvent for $pointer {
            fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
                T::encode(self, encoder)
            }
        }
    )*};
}

encode_through!(&T, Box<T>, Arc<T>);

impl EncodeEvent for EncodedEvent {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.encoded(self);
        Ok(())
    }
}

impl Encoder {
    /// Encodes a whole item, or nothing of it.
    #[inline]
    pub(crate) fn push<T: EncodeEvent + ?Sized>(&mut self, item: &T) -> Result<(), BoxError> {
        let mark = self.mark();
        match item.encode(self) {
            Ok(()) => {
                self.end_event();
                Ok(())
            }
            Err(error) => {
                self.reset(mark);
                Err(error)
            }
        }
    }
}

impl EncodedEvent {
    /// Encodes an event.
    ///
    /// # Errors
    ///
    /// Returns the error of [`EncodeEvent::encode`]. An [`Event`] cannot fail; use `From` for it.
    pub fn new<T: EncodeEvent + ?Sized>(event: &T) -> Result<Self, BoxError> {
        let mut encoder = Encoder::new();
        encoder.push(event)?;
        Ok(encoder.into_event())
    }
}

impl From<&Event> for EncodedEvent {
    fn from(event: &Event) -> Self {
        let mut encoder = Encoder::new();
        encoder.event(event);
        encoder.end_event();
        encoder.into_event()
    }
}

impl From<Event> for EncodedEvent {
    fn from(event: Event) -> Self {
        Self::from(&event)
    }
}
