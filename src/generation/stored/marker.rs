//! Markers: what nodes tell each other in the channel of a generation, and in the index.

use bytes::Bytes;

use crate::EncodedEvent;

/// A field that no encoder writes, and that clients ignore, so that no event of the user's is taken for a marker.
const FIELD: &[u8] = b"tower-sse-generation: ";

/// Writes a marker after events. `None` if the events are malformed.
pub(super) fn write(events: &[EncodedEvent], words: &str) -> Option<EncodedEvent> {
    let events = events.iter().map(EncodedEvent::as_bytes);
    let parts = events.chain([FIELD, words.as_bytes(), b"\n\n"]);
    let bytes = parts.collect::<Vec<_>>().concat();
    EncodedEvent::from_wire(Bytes::from(bytes))
}

/// Reads a marker: the events before it, and its words. `None` if this is no marker.
pub(super) fn read(event: &EncodedEvent) -> Option<(EncodedEvent, &str)> {
    let bytes = event.as_bytes();
    let lines = bytes.strip_suffix(b"\n\n")?;
    let start = lines.iter().rposition(|byte| *byte == b'\n');
    let start = start.map_or(0, |end| end + 1);
    let words = std::str::from_utf8(lines[start..].strip_prefix(FIELD)?).ok()?;
    let events = EncodedEvent::from_wire(Bytes::copy_from_slice(&bytes[..start]))?;
    Some((events, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    #[test]
    fn reads_what_it_has_written() {
        let last = EncodedEvent::from(Event::new("[DONE]"));
        let marker = write(std::slice::from_ref(&last), "ended stopped").unwrap();
        let bytes = b"data: [DONE]\n\ntower-sse-generation: ended stopped\n\n";
        assert_eq!(marker.as_bytes(), bytes);
        assert_eq!(read(&marker), Some((last, "ended stopped")));
        let alone = write(&[], "stop").unwrap();
        assert_eq!(read(&alone).unwrap().0.as_bytes(), b"");
    }

    #[test]
    fn events_are_no_markers() {
        for data in [
            "",
            "tower-sse-generation: stop",
            "\ntower-sse-generation: stop\n",
        ] {
            let event = EncodedEvent::from(Event::new(data).comment("tower-sse-generation: stop"));
            assert_eq!(read(&event), None);
        }
    }
}
