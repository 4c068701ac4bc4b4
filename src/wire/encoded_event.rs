use bytes::Bytes;

/// An event that is encoded already, to be sent to many clients or many times.
///
/// Cloning it is cheap, and alone in a frame it is sent without a copy.
#[derive(Clone, Debug)]
#[must_use = "an event does nothing until it is sent"]
pub struct EncodedEvent {
    pub(super) bytes: Bytes,
    /// The number of events in it that clients dispatch. A type of the user's may write several.
    pub(super) events: u32,
    /// Whether it has an id of a channel's, after which clients can resume.
    pub(super) is_resumable: bool,
}

impl EncodedEvent {
    /// Returns the event as it goes over the wire, with its blank line.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Events are equal if they are so on the wire.
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
