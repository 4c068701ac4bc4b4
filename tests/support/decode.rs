//! Reads a stream as a client does, by a decoder of another crate.

use bytes::Bytes;
use sse_core::{SseDecoder, SseEvent};

/// What a client sees of an event: its name, its data and the last event id.
pub(crate) type Seen = [String; 3];

/// A client that has read a part of a stream.
#[derive(Default)]
pub(crate) struct Client(SseDecoder);

impl Client {
    /// Returns the events that end in these bytes.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Seen> {
        let mut bytes = Bytes::copy_from_slice(bytes);
        let mut seen = Vec::new();
        while let Some(event) = self.0.next(&mut bytes) {
            if let SseEvent::Message(message) = event.unwrap() {
                let id = message.last_event_id.as_deref().unwrap_or("").to_owned();
                seen.push([message.event.into_owned(), message.data, id]);
            }
        }
        seen
    }
}
