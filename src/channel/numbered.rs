use bytes::Bytes;

use super::{PublishError, epoch::Epoch, log::Bounds};
use crate::{EncodeEvent, EncodedEvent, EventId};

/// Numbers events from the first number on, if the log can hold the bytes of all at once.
pub(super) fn number_all(
    events: &[Unnumbered],
    epoch: Epoch,
    first: u64,
    bounds: &Bounds,
) -> Result<Vec<EncodedEvent>, PublishError> {
    let numbered = events.iter().zip(first..);
    let numbered: Vec<_> = numbered
        .map(|(event, number)| with_id(&event.0, &epoch.id(number)))
        .collect();
    let len = numbered.iter().map(|event| event.as_bytes().len()).sum();
    match len > bounds.bytes {
        true => Err(PublishError::TooLarge {
            len,
            max: bounds.bytes,
        }),
        false => Ok(numbered),
    }
}

/// An event that is encoded, but for its id.
pub(super) struct Unnumbered(EncodedEvent);

impl Unnumbered {
    pub(super) fn encode<T: EncodeEvent + ?Sized>(event: &T) -> Result<Self, PublishError> {
        let encoded = EncodedEvent::new(event).map_err(PublishError::encode)?;
        Ok(Self(encoded))
    }
}

/// Adds an id to an event, in memory of its own and no more than it needs. The id comes last, for the
/// last one holds.
pub(super) fn with_id(event: &EncodedEvent, id: &EventId) -> EncodedEvent {
    let bytes = event.as_bytes();
    // Without the blank line, which comes after the id.
    let fields = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = [fields, b"id: ", id.as_bytes(), b"\n\n"].concat();
    EncodedEvent::from_wire(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    fn numbered(event: Event) -> String {
        let event = with_id(&event.into(), &EventId::from_static("a-7"));
        String::from_utf8(event.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn has_its_id_last() {
        assert_eq!(numbered(Event::new("one")), "data: one\nid: a-7\n\n");
        assert_eq!(numbered(Event::new("").id(1)), "id: 1\ndata: \nid: a-7\n\n");
        assert_eq!(numbered(Event::default()), "id: a-7\n\n");
    }
}
