//! Sending the variants of an enum as events.

use serde::Serialize;

use super::{TaggedError, content::Content, variant::variant};
use crate::{BoxError, EncodeEvent, Encoder, Event, wire::separators::escape_separators};

/// An enum sent as an event: the variant is the name, its content the JSON data.
///
/// With it a type is the schema of a stream. Names are those of serde, including `rename` and
/// `rename_all`. The enum must be tagged in serde's default way (no `tag` or `untagged`). A unit variant
/// has the data `null`, so that a page can pass every event to `JSON.parse`. As with any
/// [`EventName`](crate::EventName), a browser passes `error` and `open` to `onerror` and `onopen`.
///
/// ```
/// use tower_sse::{EncodedEvent, Tagged};
///
/// #[derive(serde::Serialize)]
/// #[serde(rename_all = "lowercase")]
/// enum Notice {
///     Joined { user: String },
///     Message(String),
///     Closed,
/// }
///
/// let joined = Notice::Joined { user: "ada".to_owned() };
/// assert_eq!(
///     EncodedEvent::new(&Tagged(joined))?.as_bytes(),
///     b"event: joined\ndata: {\"user\":\"ada\"}\n\n",
/// );
/// assert_eq!(
///     EncodedEvent::new(&Tagged(Notice::Closed))?.as_bytes(),
///     b"event: closed\ndata: null\n\n",
/// );
/// # Ok::<(), tower_sse::BoxError>(())
/// ```
///
/// To add an id, make an [`Event`]: `Event::tagged(&notice)?.id(42)`.
///
/// # Enums with an internal tag
///
/// An enum with `#[serde(tag = "type")]` is rejected when its first value is sent, because serde
/// serializes it as a struct, whose variant cannot be known. Send it as [`Json`](crate::Json), which has
/// the tag, or implement [`EncodeEvent`] for it to give its events names:
///
/// ```
/// use tower_sse::{BoxError, EncodeEvent, EncodedEvent, Encoder, EventName};
///
/// #[derive(serde::Serialize)]
/// #[serde(tag = "type", rename_all = "lowercase")]
/// enum Part {
///     Delta { text: String },
///     Done,
/// }
///
/// impl EncodeEvent for Part {
///     fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
///         let name = match self {
///             Self::Delta { .. } => EventName::from_static("delta"),
///             Self::Done => EventName::from_static("done"),
///         };
///         encoder.name(&name).json(self)?;
///         Ok(())
///     }
/// }
///
/// let delta = Part::Delta { text: "hi".to_owned() };
/// assert_eq!(
///     EncodedEvent::new(&delta)?.as_bytes(),
///     b"event: delta\ndata: {\"type\":\"delta\",\"text\":\"hi\"}\n\n",
/// );
/// assert_eq!(
///     EncodedEvent::new(&Part::Done)?.as_bytes(),
///     b"event: done\ndata: {\"type\":\"done\"}\n\n",
/// );
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tagged<T>(pub T);

impl<T: Serialize> EncodeEvent for Tagged<T> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.tagged(&self.0)?;
        Ok(())
    }
}

impl Encoder {
    /// Writes an enum: its variant as the name, its content as JSON data (see [`Tagged`]).
    ///
    /// # Errors
    ///
    /// Fails if the value is not an enum, if the name of its variant is not a valid event name, or if its
    /// content cannot be JSON. Then nothing has been written, or in the last case only the name.
    pub fn tagged<T>(&mut self, value: &T) -> Result<&mut Self, TaggedError>
    where
        T: Serialize + ?Sized,
    {
        self.name(&variant(value)?);
        Ok(self.data_with(|buffer| write(buffer, value))?)
    }
}

impl Event {
    /// Creates an event from an enum: its variant is the name, its content the JSON data (see
    /// [`Tagged`]).
    ///
    /// # Errors
    ///
    /// Fails if the value is not an enum, if the name of its variant is not a valid event name, or if its
    /// content cannot be JSON.
    pub fn tagged<T: Serialize + ?Sized>(value: &T) -> Result<Self, TaggedError> {
        let name = variant(value)?;
        let mut data = Vec::new();
        write(&mut data, value)?;
        Ok(Self::new(bytes::Bytes::from(data)).name(name))
    }
}

fn write<T: Serialize + ?Sized>(buffer: &mut Vec<u8>, value: &T) -> Result<(), serde_json::Error> {
    let start = buffer.len();
    value.serialize(Content(&mut serde_json::Serializer::new(&mut *buffer)))?;
    escape_separators(buffer, start);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::EncodedEvent;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(Vec<u8>),
        Tuple(u8, &'static str),
        Struct {
            a: u8,
            #[serde(rename = "b-b")]
            b: Option<u8>,
        },
        #[serde(rename = "a name")]
        Renamed(u8),
        #[serde(rename = "a\nname")]
        Injecting(u8),
        #[serde(rename = "")]
        Nameless(u8),
        Failing(u8, BTreeMap<(), ()>),
    }

    fn encoded(value: impl Serialize) -> String {
        let event = EncodedEvent::new(&Tagged(&value)).unwrap();
        assert_eq!(EncodedEvent::from(Event::tagged(&value).unwrap()), event);
        String::from_utf8(event.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn has_the_four_kinds_of_variants() {
        assert_eq!(encoded(Shape::Unit), "event: Unit\ndata: null\n\n");
        assert_eq!(
            encoded(Shape::Newtype(vec![1, 2])),
            "event: Newtype\ndata: [1,2]\n\n"
        );
        assert_eq!(
            encoded(Shape::Tuple(1, "x")),
            "event: Tuple\ndata: [1,\"x\"]\n\n"
        );
        assert_eq!(
            encoded(Shape::Struct { a: 1, b: None }),
            "event: Struct\ndata: {\"a\":1,\"b-b\":null}\n\n"
        );
    }

    #[test]
    fn respects_renames_and_looks_through_pointers_and_newtypes() {
        #[derive(Serialize)]
        struct Newtype(Shape);
        assert_eq!(
            encoded(Newtype(Shape::Struct { a: 1, b: None })),
            "event: Struct\ndata: {\"a\":1,\"b-b\":null}\n\n"
        );
        assert_eq!(
            encoded(Box::new(Shape::Renamed(7))),
            "event: a name\ndata: 7\n\n"
        );
    }

    #[test]
    fn rejects_names_that_no_event_can_have() {
        assert_eq!(
            Event::tagged(&Shape::Injecting(1)).unwrap_err().to_string(),
            "the variant's name cannot be an event's"
        );
        let error = Event::tagged(&Shape::Nameless(1)).unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), "the event name is empty");
    }

    #[test]
    fn rejects_what_is_no_enum() {
        fn error(value: impl Serialize) -> String {
            Event::tagged(&value).unwrap_err().to_string()
        }
        #[derive(Serialize)]
        struct Plain {}
        #[derive(Serialize)]
        #[serde(tag = "type")]
        enum Internal {
            A { a: u8 },
        }
        const REMEDY: &str = ": remove `#[serde(tag)]`, or send it as `Json`";
        let start = "only an externally tagged enum can be sent as a tagged event, not";
        let message = |got| format!("{start} {got}: send it as `Json`");
        let of_fields = |got| format!("{start} {got}{REMEDY}");
        assert_eq!(error(Plain {}), of_fields("a struct"));
        assert_eq!(error(Internal::A { a: 1 }), of_fields("a struct"));
        assert_eq!(error("text"), message("a string"));
        assert_eq!(error(1u8), message("a number"));
        assert_eq!(error(1u128), message("a number"));
        assert_eq!(error(None::<u8>), message("an option"));
        assert_eq!(error([1u8].as_slice()), message("a sequence"));
        assert_eq!(error(BTreeMap::from([(1, 2)])), of_fields("a map"));
        assert_eq!(error(()), message("a unit"));
    }

    #[test]
    fn leaves_nothing_of_a_value_that_fails() {
        let failing = Shape::Failing(1, BTreeMap::from([((), ())]));
        let mut encoder = Encoder::new();
        assert!(encoder.push(&Tagged(failing)).is_err());
        assert!(encoder.is_empty());
    }
}
