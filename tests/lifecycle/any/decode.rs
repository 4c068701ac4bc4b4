use bytes::Bytes;
use sse_core::{SseDecoder, SseEvent};

/// Returns the events that a client has of a stream: name, data and id.
pub(crate) fn events(bytes: &[u8]) -> Vec<[String; 3]> {
    let mut decoder = SseDecoder::new();
    let mut bytes = Bytes::copy_from_slice(bytes);
    let mut events = Vec::new();
    while let Some(event) = decoder.next(&mut bytes) {
        if let SseEvent::Message(message) = event.unwrap() {
            let id = message.last_event_id.as_deref().unwrap_or("").to_owned();
            events.push([message.event.into_owned(), message.data, id]);
        }
    }
    events
}
