use bytes::Bytes;

use super::{PublishError, epoch::Epoch, log::Bounds};
use crate::{EncodeEvent, EncodedEvent, EventId};

/// An event that is encoded, but for its id.
pub(super) struct Unnumbered(EncodedEvent);

impl Unnumbered {
    pub(super) fn encode<T: EncodeEvent + ?Sized>(event: &T) -> Result<Self, PublishError> {
        let encoded = EncodedEvent::new(event).map_err(PublishError::encode)?;
        Ok(Self(encoded))
    }

    /// Gives it its number, in memory of its own and no more than it needs.
    pub(super) fn number(
        &self,
        epoch: Epoch,
        number: u64,
        bounds: &Bounds,
    ) -> Result<EncodedEvent, PublishError> {
        let event = with_id(&self.0, &epoch.id(number));
        let (len, max) = (event.as_bytes().len(), bounds.bytes);
        match len > max {
            true => Err(PublishError::TooLarge { len, max }),
            false => Ok(event),
        }
    }
}

/// Adds an id to an event. It comes last, for the last one holds.
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
