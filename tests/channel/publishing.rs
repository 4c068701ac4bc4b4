use std::error::Error;

use tower_sse::{BoxError, Channel, EncodeEvent, Encoder, Event, EventName, PublishError};

use crate::support::*;

const TICK: EventName = EventName::from_static("tick");

#[test]
fn numbers_events_from_one_on() {
    let channel = channel();
    let ids = publish_numbers(&channel, 1..=3);
    let (epoch, _) = parts(&ids[0]);
    assert_eq!(epoch.len(), 6);
    let expected = [1, 2, 3].map(|number| format!("{epoch}-{number}"));
    assert_eq!(ids, expected);
}

#[test]
fn sends_all_subscribers_the_same_in_the_same_order() {
    let channel = channel();
    let mut subscribers = [(); 3].map(|()| channel.subscribe());
    let one = publish(&channel, "one");
    let two = channel.publish(Event::new("two").name(TICK)).unwrap();
    for subscriber in &mut subscribers {
        assert_eq!(
            seen(subscriber),
            [event("one", &one), named("tick", "two", &two)]
        );
        assert!(is_waiting(subscriber));
    }
}

#[test]
fn sends_nothing_of_what_was_before() {
    let channel = channel();
    publish(&channel, "one");
    let mut subscriber = channel.subscribe();
    publish(&channel, "two");
    assert_eq!(texts(&mut subscriber), ["two"]);
}

#[test]
fn writes_the_id_as_the_last_field() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let id = publish(&channel, "two\nlines");
    let expected = format!("data: two\ndata: lines\nid: {id}\n\n");
    assert_eq!(wire(&mut subscriber), expected);
}

#[test]
fn overrides_an_id_of_the_events_own() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let id = channel.publish(Event::new("one").id(7)).unwrap();
    assert_eq!(seen(&mut subscriber), [event("one", &id)]);
}

#[test]
fn takes_events_by_value_and_by_reference() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let event = Event::new("one");
    channel.publish(&event).unwrap();
    channel.publish(event).unwrap();
    assert_eq!(texts(&mut subscriber), ["one", "one"]);
}

#[test]
fn gives_the_id_to_a_reader_within_the_program() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let id = publish(&channel, "one");
    let event = next(&mut subscriber);
    assert_eq!(event.id().as_ref(), Some(&id));
    assert_eq!(subscriber.missed(), 0);
    let expected = format!("data: one\nid: {id}\n\n");
    assert_eq!(event.encoded().as_bytes(), expected.as_bytes());
}

#[test]
fn encodes_once_for_all() {
    let channel = channel();
    let mut subscribers = [(); 2].map(|()| channel.subscribe());
    publish(&channel, "one");
    let [left, right] = subscribers.each_mut().map(|subscriber| {
        let event = next(subscriber);
        event.encoded().as_bytes().as_ptr()
    });
    assert_eq!(left, right);
}

#[test]
fn clones_are_the_same_channel() {
    let channel = channel();
    let mut subscriber = channel.clone().subscribe();
    let one = publish(&channel, "one");
    let two = publish(&channel.clone(), "two");
    assert_eq!((parts(&one).1, parts(&two).1), (1, 2));
    assert_eq!(texts(&mut subscriber), ["one", "two"]);
}

#[test]
fn channels_do_not_share_ids() {
    let ids = [channel(), channel()].map(|channel| publish(&channel, "one"));
    assert_ne!(parts(&ids[0]).0, parts(&ids[1]).0);
}

#[test]
fn rejects_what_is_larger_than_all_that_may_be_retained() {
    // "data: 0123456789\n", "id: ABCDEF-1\n", "\n"
    let len = 17 + 13 + 1;
    let channel = Channel::new(options().max_bytes(len));
    let mut subscriber = channel.subscribe();
    let error = channel.publish(Event::new("0123456789a")).unwrap_err();
    assert!(
        matches!(error, PublishError::TooLarge { len: 32, max: 31 }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "32 bytes are too many for a channel that holds 31"
    );
    assert!(error.source().is_none());
    assert!(is_waiting(&mut subscriber));

    let id = publish(&channel, "0123456789");
    assert_eq!(parts(&id).1, 1, "a rejected event has no number");
    assert_eq!(texts(&mut subscriber), ["0123456789"]);
}

#[test]
fn rejects_everything_once_it_is_closed() {
    let channel = channel();
    channel.close();
    let error = channel.publish(Event::new("one")).unwrap_err();
    assert!(matches!(error, PublishError::Closed), "{error:?}");
    assert_eq!(error.to_string(), "the channel is closed");
    assert!(error.source().is_none());
    let error = channel.publish_all([Event::new("one")]).unwrap_err();
    assert!(matches!(error, PublishError::Closed), "{error:?}");
}

type Write = fn(&mut Encoder);

/// An item that writes what the function writes.
struct Item(Write);

impl EncodeEvent for Item {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        (self.0)(encoder);
        Ok(())
    }
}

#[test]
fn numbers_items_that_no_client_dispatches_and_sends_no_id_with_them() {
    let channel: Channel<Item> = Channel::new(options());
    let mut subscriber = channel.subscribe();
    let items: [(Write, &str); 5] = [
        (|encoder| _ = encoder.comment("c").id(&7.into()), ": c\n\n"),
        (|encoder| _ = encoder.retry(SECOND), "retry: 1000\n\n"),
        (|_| {}, ""),
        (|encoder| _ = encoder.id(&7.into()), ""),
        (|encoder| _ = encoder.data("d"), "data: d\nid: {id}\n\n"),
    ];
    for (number, (write, expected)) in (1..).zip(items) {
        let id = channel.publish(Item(write)).unwrap();
        assert_eq!(parts(&id).1, number);
        let expected = expected.replace("{id}", id.as_str());
        assert_eq!(wire(&mut subscriber), expected);
        assert_eq!(channel.last_id(), id);
    }
}

#[test]
fn has_one_id_for_an_item_of_two_events_at_its_end() {
    let channel: Channel<Item> = Channel::new(options());
    let before = channel.last_id();
    let mut subscriber = channel.subscribe();
    let two = Item(|encoder| {
        encoder.id(&7.into()).data("a").end_event();
        encoder.data("b");
    });
    let id = channel.publish(two).unwrap();
    let expected = format!("data: a\n\ndata: b\nid: {id}\n\n");
    assert_eq!(wire(&mut subscriber), expected);
    // A client that got the first alone has the id of before, and gets both again.
    let again = channel.resume(Some(&last(before)));
    assert_eq!(wire(&mut { again }), expected);
}
