use bytes::Bytes;

use super::{EncodeEvent, Encoder};
#[cfg(feature = "channel")]
use crate::EventId;
use crate::{BoxError, Event};

/// An event that is encoded already, to be sent to many clients or many times.
///
/// Cloning it is cheap, and alone in a frame it is sent without a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an event does nothing until it is sent"]
pub struct EncodedEvent {
    pub(super) bytes: Bytes,
    /// The number of events in it that clients dispatch. A type of the user's may write several.
    pub(super) events: u32,
}

impl EncodedEvent {
    /// Encodes an event.
    ///
    /// # Errors
    ///
    /// What [`EncodeEvent::encode`] returns. For an [`Event`], which cannot fail, there is `From`.
    pub fn new<T: EncodeEvent + ?Sized>(event: &T) -> Result<Self, BoxError> {
        let mut encoder = Encoder::new();
        encoder.push(event)?;
        Ok(encoder.into_event())
    }

    /// Makes another of the same number of events, of what goes over the wire.
    #[cfg(feature = "channel")]
    pub(crate) fn with_bytes(&self, bytes: Bytes) -> Self {
        let events = self.events;
        Self { bytes, events }
    }

    /// Returns the id that a client keeps of it, if it has one.
    #[cfg(feature = "channel")]
    pub(crate) fn id(&self) -> Option<EventId> {
        // A value cannot be taken for a field: the encoder puts the name of its field before each line.
        let mut lines = self.bytes.rsplit(|&byte| byte == b'\n');
        let id = lines.find_map(|line| line.strip_prefix(b"id: "))?;
        EventId::try_from(std::str::from_utf8(id).ok()?).ok()
    }

    /// Returns the event as it goes over the wire, with its blank line.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<&Event> for EncodedEvent {
    fn from(event: &Event) -> Self {
        let mut encoder = Encoder::new();
        encoder.event(event);
        encoder.dispatch();
        encoder.into_event()
    }
}

impl From<Event> for EncodedEvent {
    fn from(event: Event) -> Self {
        Self::from(&event)
    }
}

impl AsRef<[u8]> for EncodedEvent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<EncodedEvent> for Bytes {
    fn from(event: EncodedEvent) -> Self {
        event.bytes
    }
}

impl EncodeEvent for EncodedEvent {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.encoded(self);
        Ok(())
    }
}
