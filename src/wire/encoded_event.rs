//! Events encoded once, for many streams.

use bytes::Bytes;

/// An encoded event, to be sent to many clients or many times.
///
/// Cloning it is cheap, and alone in a frame it is sent without a copy.
#[derive(Clone, Debug)]
#[must_use = "an event does nothing until it is sent"]
pub struct EncodedEvent {
    pub(super) bytes: Bytes,
    /// The number of events in it that clients dispatch. An [`EncodeEvent`](crate::EncodeEvent) may write
    /// several.
    pub(super) events: u32,
    /// Whether it has the id of a channel, after which clients can resume.
    pub(super) is_resumable: bool,
}

impl EncodedEvent {
    /// Returns the event as it goes over the wire, with its blank line.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Two events are equal if their bytes are.
impl PartialEq for EncodedEvent {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for EncodedEvent {}

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
