//! The ids of published events, in their bytes.

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr_iter;

use super::PublishError;
use crate::{EncodeEvent, EncodedEvent, EventId, store::Epoch};

/// An item that is to be published, with room for its number.
///
/// The number is known only under the lock of the hub, where nothing should take time in proportion to
/// the length of an event. So the id is written before, with as many digits as the number is expected to
/// have, and the number into it.
#[derive(Debug)]
pub(super) enum Draft {
    /// It has no id, because its channel has none or no client dispatches it.
    WithoutId(EncodedEvent),
    WithId {
        event: EncodedEvent,
        bytes: Vec<u8>,
        digits: Range<usize>,
    },
}

impl Draft {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::WithoutId(event) => event.as_bytes().len(),
            Self::WithId { bytes, .. } => bytes.len(),
        }
    }

    /// Writes the number.
    pub(super) fn finish(self, number: u64) -> EncodedEvent {
        match self {
            Self::WithoutId(event) => event,
            Self::WithId {
                event,
                mut bytes,
                digits,
            } => {
                write_number(&mut bytes, digits, number);
                event.with_channel_id(Bytes::from(bytes))
            }
        }
    }
}

/// Returns how many decimal digits a number has.
fn digit_count(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Writes a number over these digits.
fn write_number(bytes: &mut Vec<u8>, digits: Range<usize>, number: u64) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(number).as_bytes();
    if text.len() == digits.len() {
        return bytes[digits].copy_from_slice(text);
    }
    // So rare that a copy does not matter: others have published meanwhile, beyond a power of ten.
    bytes.splice(digits, text.iter().copied());
    bytes.shrink_to_fit();
}

/// Fails if there is no room for the bytes of all events at once: either all of them are published or
/// none. Returns their length.
pub(super) fn check_size(drafts: &[Draft], max: usize) -> Result<usize, PublishError> {
    let len = drafts.iter().map(Draft::len).sum();
    match len > max {
        true => Err(PublishError::TooLarge { len, max }),
        false => Ok(len),
    }
}

/// An item that is encoded without its id.
///
/// The id ends the last event in it that clients dispatch, so that a client whose connection breaks in
/// the middle gets the whole item again. Ids that the user has written are removed: they belong to no
/// position in the log. An item that no client dispatches, such as a comment or a `retry`, gets no id,
/// because browsers do not keep the id of a block without data.
#[derive(Debug)]
pub(super) struct Unnumbered {
    event: EncodedEvent,
    /// The position of the id. `None` if clients dispatch nothing of the item.
    id_at: Option<usize>,
}

impl Unnumbered {
    pub(super) fn encode<T: EncodeEvent + ?Sized>(event: &T) -> Result<Self, PublishError> {
        let encoded = EncodedEvent::new(event).map_err(PublishError::encode)?;
        Ok(Self::new(encoded))
    }

    pub(super) fn new(event: EncodedEvent) -> Self {
        let layout = Layout::of(event.as_bytes());
        // Rare: an event with an id of the user's is copied once more.
        if layout.has_ids {
            let bytes = without_ids(event.as_bytes());
            return Self {
                id_at: Layout::of(&bytes).id_at,
                event: event.with_bytes(bytes.into()),
            };
        }
        Self {
            id_at: layout.id_at,
            event,
        }
    }

    /// Makes a draft, which will probably have this number.
    pub(super) fn draft(&self, epoch: Epoch, number: u64) -> Draft {
        self.draft_with(epoch.id(number), number)
    }

    /// Makes a draft for a keyed channel.
    pub(super) fn draft_keyed(&self, epoch: Epoch, number: u64) -> Draft {
        self.draft_with(epoch.keyed_id(number), number)
    }

    fn draft_with(&self, id: EventId, number: u64) -> Draft {
        let Some(at) = self.id_at else {
            return Draft::WithoutId(self.event.clone());
        };
        let bytes = self.insert_id(at, &id);
        let end = at + b"id: ".len() + id.as_bytes().len();
        Draft::WithId {
            event: self.event.clone(),
            digits: end - digit_count(number)..end,
            bytes,
        }
    }

    /// Returns the event with an id, in memory of its own and no more than it needs.
    pub(super) fn with_id(&self, id: &EventId) -> EncodedEvent {
        match self.id_at {
            Some(at) => self.event.with_channel_id(self.insert_id(at, id).into()),
            None => self.event.clone(),
        }
    }

    fn insert_id(&self, at: usize, id: &EventId) -> Vec<u8> {
        let (before, after) = self.event.as_bytes().split_at(at);
        [before, b"id: ", id.as_bytes(), b"\n", after].concat()
    }

    /// Makes a draft of an event that gets no id.
    pub(super) fn draft_without_id(&self) -> Draft {
        Draft::WithoutId(self.event.clone())
    }

    /// Returns the event without an id.
    pub(super) fn into_event(self) -> EncodedEvent {
        self.event
    }
}

/// The ids in an encoded item, and the position for a new one.
#[derive(Debug, Default)]
struct Layout {
    /// The end of the fields of the last event that has data.
    id_at: Option<usize>,
    has_ids: bool,
}

impl Layout {
    fn of(bytes: &[u8]) -> Self {
        let (mut layout, mut has_data) = (Self::default(), false);
        for (start, line) in lines(bytes) {
            match line {
                b"\n" if std::mem::take(&mut has_data) => layout.id_at = Some(start),
                b"\n" => {}
                _ => {
                    has_data |= line.starts_with(b"data: ");
                    layout.has_ids |= line.starts_with(b"id: ");
                }
            }
        }
        layout
    }
}

/// Removes the ids, and blocks that consist of nothing else.
fn without_ids(bytes: &[u8]) -> Vec<u8> {
    let (mut rest, mut has_fields) = (Vec::with_capacity(bytes.len()), false);
    for (_, line) in lines(bytes) {
        let is_blank = line == b"\n";
        if line.starts_with(b"id: ") || is_blank && !has_fields {
            continue;
        }
        has_fields = !is_blank;
        rest.extend_from_slice(line);
    }
    rest
}

/// Returns the lines of an item with their ends and where they start. The encoder ends each with LF.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    memchr_iter(b'\n', bytes).map(move |end| {
        let line = (start, &bytes[start..=end]);
        start = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoxError, Encoder, Event};

    const ID: EventId = EventId::from_static("a-7");

    fn numbered(event: impl Into<EncodedEvent>) -> String {
        let event = Unnumbered::new(event.into()).with_id(&ID);
        String::from_utf8(event.as_bytes().to_vec()).unwrap()
    }

    /// An item that writes what the function writes.
    struct Item(fn(&mut Encoder));

    impl EncodeEvent for Item {
        fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
            (self.0)(encoder);
            Ok(())
        }
    }

    fn written(write: fn(&mut Encoder)) -> String {
        numbered(EncodedEvent::new(&Item(write)).unwrap())
    }

    #[test]
    fn has_its_id_last() {
        assert_eq!(numbered(Event::new("one")), "data: one\nid: a-7\n\n");
        let lines = Event::new("one\n\ntwo");
        assert_eq!(numbered(lines), "data: one\ndata: \ndata: two\nid: a-7\n\n");
    }

    #[test]
    fn has_the_number_that_it_gets_in_the_end() {
        let (epoch, number) = Epoch::parse("a-9").unwrap();
        for last in [9, 8, 10, 123_456, 0] {
            let draft = Unnumbered::new(Event::new("one").into()).draft(epoch, number);
            let event = draft.finish(last);
            let expected = format!("data: one\nid: a-{last}\n\n");
            assert_eq!(event.as_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn has_no_id_of_the_users() {
        assert_eq!(numbered(Event::new("").id(1)), "data: \nid: a-7\n\n");
        let looks_like_one = Event::new("id: 1").comment("id: 2").id(3);
        assert_eq!(
            numbered(looks_like_one),
            ": id: 2\ndata: id: 1\nid: a-7\n\n"
        );
    }

    #[test]
    fn has_one_id_at_the_end_of_several_events() {
        let two = written(|encoder| {
            encoder.id(&EventId::from(1)).data("a").end_event();
            encoder.data("b").id(&EventId::from(2));
        });
        assert_eq!(two, "data: a\n\ndata: b\nid: a-7\n\n");
    }

    #[test]
    fn has_its_id_with_the_last_event_that_is_dispatched() {
        let trailing = written(|encoder| {
            encoder.data("a").end_event();
            encoder.comment("b").end_event();
        });
        assert_eq!(trailing, "data: a\nid: a-7\n\n: b\n\n");
    }

    #[test]
    fn has_no_id_where_nothing_is_dispatched() {
        assert_eq!(numbered(Event::default()), "");
        assert_eq!(numbered(Event::default().id(1)), "");
        assert_eq!(numbered(Event::default().comment("c")), ": c\n\n");
        let second = std::time::Duration::from_secs(1);
        assert_eq!(numbered(Event::default().retry(second)), "retry: 1000\n\n");
        let checkpoint = written(|encoder| {
            encoder.id(&EventId::from(1)).end_event();
            encoder.comment("c");
        });
        assert_eq!(checkpoint, ": c\n\n");
    }
}
