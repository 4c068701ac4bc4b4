use std::{error::Error, fmt};

use tower_sse::{BoxError, Channel, EncodeEvent, Encoder, Event, EventName, PublishError};

use crate::support::*;

const PRICE: EventName = EventName::from_static("price");

/// A price, if there is one.
struct Price(Option<u64>);

#[derive(Debug)]
struct Unknown;

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the price is not known")
    }
}

impl Error for Unknown {}

impl EncodeEvent for Price {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.name(&PRICE);
        let price = self.0.ok_or(Unknown)?;
        encoder.data_fmt(format_args!("{price}"))?;
        Ok(())
    }
}

/// An item that is two events.
struct Both(&'static str, &'static str);

impl EncodeEvent for Both {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.data(self.0).end_event().data(self.1);
        Ok(())
    }
}

#[test]
fn text_goes_as_it_is() {
    let channel: Channel<str> = Channel::new(options());
    let mut subscriber = channel.subscribe();
    channel.publish("one").unwrap();
    channel.publish(String::from("two")).unwrap();
    channel.publish_all(["three", "four"]).unwrap();
    channel.publish_all(vec![String::from("five")]).unwrap();
    let expected = ["one", "two", "three", "four", "five"];
    assert_eq!(texts(&mut subscriber), expected);
}

#[test]
fn a_type_of_ones_own_is_encoded_by_itself() {
    let channel: Channel<Price> = Channel::new(options());
    let mut subscriber = channel.subscribe();
    let id = channel.publish(Price(Some(7))).unwrap();
    assert_eq!(seen(&mut subscriber), [named("price", "7", &id)]);
}

#[test]
fn what_cannot_be_encoded_is_not_published_and_has_no_number() {
    let channel: Channel<Price> = Channel::new(options());
    let mut subscriber = channel.subscribe();
    let error = channel.publish(Price(None)).unwrap_err();
    let PublishError::Encode(encode) = &error else {
        panic!("{error:?}");
    };
    assert!(encode.is_encode());
    assert!(encode.source().unwrap().is::<Unknown>());
    assert_eq!(
        error.to_string(),
        "the event cannot be encoded: the price is not known"
    );
    assert!(error.source().is_none(), "the text has named it");

    let batch = [Price(Some(1)), Price(None), Price(Some(2))];
    assert!(channel.publish_all(batch).is_err());
    assert!(is_waiting(&mut subscriber));
    let id = channel.publish(Price(Some(3))).unwrap();
    assert_eq!(parts(&id).1, 1);
    assert_eq!(texts(&mut subscriber), ["3"]);
}

#[test]
fn an_item_of_several_events_has_one_number() {
    let channel: Channel<Both> = Channel::new(options());
    let mut subscriber = channel.subscribe();
    let one = channel.publish(Both("a", "b")).unwrap();
    let two = channel.publish(Both("c", "d")).unwrap();
    assert_eq!(
        seen(&mut subscriber),
        [
            event("a", ""),
            event("b", &one),
            event("c", &one),
            event("d", &two),
        ]
    );
    let mut resumed = channel.resume(Some(&last(&one)));
    assert_eq!(texts(&mut resumed), ["c", "d"]);
}

#[test]
fn a_comment_alone_has_a_number_and_no_client_sees_it() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let one = channel.publish(Event::default().comment("hello")).unwrap();
    let two = publish(&channel, "two");
    assert_eq!((parts(&one).1, parts(&two).1), (1, 2));
    assert_eq!(seen(&mut subscriber), [event("two", &two)]);
}

#[cfg(feature = "json")]
#[test]
fn errors_of_json_are_errors_of_a_publication() {
    use std::collections::BTreeMap;

    #[derive(serde::Serialize)]
    enum Notice {
        Unwritable(BTreeMap<(), ()>),
    }
    fn publish(channel: &Channel, tagged: bool) -> Result<tower_sse::EventId, PublishError> {
        let unwritable = BTreeMap::from([((), ())]);
        channel.publish(match tagged {
            true => Event::tagged(&Notice::Unwritable(unwritable))?,
            false => Event::json(&unwritable)?,
        })
    }
    let channel = channel();
    let error = publish(&channel, false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the event cannot be encoded: key must be a string"
    );
    let error = publish(&channel, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the event cannot be encoded: the variant's content cannot be written as JSON"
    );
    let cause = error.source().unwrap().to_string();
    assert_eq!(cause, "key must be a string");
}

#[cfg(feature = "json")]
#[test]
fn json_is_data() {
    let channel: Channel<tower_sse::Json<Vec<u8>>> = Channel::new(options());
    let mut subscriber = channel.subscribe();
    channel.publish(tower_sse::Json(vec![1, 2])).unwrap();
    assert_eq!(texts(&mut subscriber), ["[1,2]"]);
}
