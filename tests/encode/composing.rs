//! Event types of a user that are made of other events.

use bytes::Bytes;
use tower_sse::{BoxError, EncodeEvent, EncodedEvent, Encoder, Event, EventName};

/// An event, with a name before it and an id after it.
struct Around<T>(T);

impl<T: EncodeEvent> EncodeEvent for Around<T> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        const OUTER: EventName = EventName::from_static("outer");
        encoder.name(&OUTER);
        self.0.encode(encoder)?;
        encoder.id(&7.into());
        Ok(())
    }
}

fn written(event: impl EncodeEvent) -> String {
    let event = EncodedEvent::new(&event).unwrap();
    String::from_utf8(event.as_bytes().to_vec()).unwrap()
}

#[test]
fn text_is_one_field_among_others() {
    let expected = "event: outer\ndata: a\ndata: b\nid: 7\n\n";
    assert_eq!(written(Around("a\nb")), expected);
    assert_eq!(written(Around(String::from("a\nb"))), expected);
    assert_eq!(written(Around(Bytes::from("a\nb"))), expected);
}

#[test]
fn an_event_is_fields_among_others() {
    assert_eq!(
        written(Around(&Event::new("a").id(1))),
        "event: outer\nid: 1\ndata: a\nid: 7\n\n"
    );
}

#[test]
fn an_encoded_event_stays_one_of_its_own() {
    let encoded = EncodedEvent::from(Event::new("a"));
    assert_eq!(
        written(Around(&encoded)),
        "event: outer\n\ndata: a\n\nid: 7\n\n"
    );
}

#[test]
fn an_event_of_nothing_is_not_a_byte() {
    struct Nothing;

    impl EncodeEvent for Nothing {
        fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
            encoder.end_event().end_event();
            Ok(())
        }
    }

    assert_eq!(written(Nothing), "");
}
