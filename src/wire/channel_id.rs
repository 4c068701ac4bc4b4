//! Ids in encoded events: those of a channel are added when an event is published.

use bytes::Bytes;

use crate::{EncodedEvent, EventId};

impl EncodedEvent {
    /// Returns the same events with other bytes.
    pub(crate) fn with_bytes(&self, bytes: Bytes) -> Self {
        Self {
            bytes,
            ..self.clone()
        }
    }

    /// Returns the same events with other bytes, which have the id of a channel.
    pub(crate) fn with_channel_id(&self, bytes: Bytes) -> Self {
        Self {
            is_resumable: true,
            ..self.with_bytes(bytes)
        }
    }

    /// Makes an event of a channel one of a stream that is not to end before all of it is sent.
    pub(crate) fn into_one_shot(self) -> Self {
        Self {
            is_resumable: false,
            ..self
        }
    }

    /// Returns `true` if clients dispatch an event of it, and so keep its id.
    pub(crate) fn is_dispatched(&self) -> bool {
        self.events > 0
    }

    /// Returns the id that a client keeps, if there is one.
    pub(crate) fn id(&self) -> Option<EventId> {
        // A line of a value does not begin with `id: `: the encoder writes the field's name before it.
        let mut lines = self.bytes.rsplit(|&byte| byte == b'\n');
        let id = lines.find_map(|line| line.strip_prefix(b"id: "))?;
        EventId::try_from(std::str::from_utf8(id).ok()?).ok()
    }
}
