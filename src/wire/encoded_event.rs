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
    /// Takes bytes that an encoder has written before, such as those of a store. Returns nothing if they are no
    /// complete events: a part of one would become a part of the next.
    #[cfg(feature = "channel")]
    pub(crate) fn from_wire(bytes: Bytes) -> Option<Self> {
        let events = count_events(&bytes)?;
        Some(Self {
            bytes,
            events,
            is_resumable: false,
        })
    }

    /// Returns the number of events in it that clients dispatch.
    pub(crate) fn events(&self) -> u32 {
        self.events
    }

    /// Returns the event as it goes over the wire, with its blank line.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Returns the number of events that clients dispatch. `None` for bytes that an encoder does not write.
#[cfg(feature = "channel")]
fn count_events(bytes: &[u8]) -> Option<u32> {
    let is_whole = bytes.is_empty() || bytes.ends_with(b"\n\n");
    if !is_whole || bytes.contains(&b'\r') || std::str::from_utf8(bytes).is_err() {
        return None;
    }
    let (mut events, mut has_data) = (0, false);
    for line in bytes.split(|byte| *byte == b'\n') {
        match line {
            b"" => events += u32::from(std::mem::take(&mut has_data)),
            line => has_data |= line.starts_with(b"data: "),
        }
    }
    Some(events)
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
