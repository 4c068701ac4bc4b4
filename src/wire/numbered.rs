use bytes::Bytes;

use crate::{EncodedEvent, EventId};

/// What channels do with encoded events, which get their ids later.
impl EncodedEvent {
    /// Makes another of the same events, of what goes over the wire.
    pub(crate) fn with_bytes(&self, bytes: Bytes) -> Self {
        Self {
            bytes,
            ..self.clone()
        }
    }

    /// Makes another of the same events, with an id of a channel's in what goes over the wire.
    pub(crate) fn with_channel_id(&self, bytes: Bytes) -> Self {
        Self {
            is_resumable: true,
            ..self.with_bytes(bytes)
        }
    }

    /// Returns `true` if clients dispatch something of it, and keep its id.
    pub(crate) fn is_dispatched(&self) -> bool {
        self.events > 0
    }

    /// Returns the id that a client keeps of it, if it has one.
    pub(crate) fn id(&self) -> Option<EventId> {
        // A value cannot be taken for a field: the encoder puts the name of its field before each line.
        let mut lines = self.bytes.rsplit(|&byte| byte == b'\n');
        let id = lines.find_map(|line| line.strip_prefix(b"id: "))?;
        EventId::try_from(std::str::from_utf8(id).ok()?).ok()
    }
}
