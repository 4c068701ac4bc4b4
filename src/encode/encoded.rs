use bytes::Bytes;

use super::{EncodeEvent, Encoder};
use crate::{BoxError, Event};

/// An event that is encoded already, to be sent to many clients or many times.
///
/// Cloning it is cheap, and alone in a frame it is sent without a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an event does nothing until it is sent"]
pub struct EncodedEvent(pub(super) Bytes);

impl EncodedEvent {
    /// Encodes an event.
    ///
    /// # Errors
    ///
    /// What [`EncodeEvent::encode`] returns. For an [`Event`], which cannot fail, there is `From`.
    pub fn new<T: EncodeEvent + ?Sized>(event: &T) -> Result<Self, BoxError> {
        let mut encoder = Encoder::new();
        encoder.push(event)?;
        Ok(Self(encoder.take_exact()))
    }

    /// Makes one of what goes over the wire.
    #[cfg(feature = "channel")]
    pub(crate) fn from_wire(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Returns the event as it goes over the wire, with its blank line.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&Event> for EncodedEvent {
    fn from(event: &Event) -> Self {
        let mut encoder = Encoder::new();
        encoder.event(event);
        encoder.dispatch();
        Self(encoder.take_exact())
    }
}

impl From<Event> for EncodedEvent {
    fn from(event: Event) -> Self {
        Self::from(&event)
    }
}

impl AsRef<[u8]> for EncodedEvent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<EncodedEvent> for Bytes {
    fn from(event: EncodedEvent) -> Self {
        event.0
    }
}

impl EncodeEvent for EncodedEvent {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.encoded(self);
        Ok(())
    }
}
