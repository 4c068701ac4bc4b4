use std::{error::Error, thread};

use tower_sse::{Channel, Event, PublishError};

use crate::support::*;

const PUBLISHERS: u64 = 4;
const BATCHES: u64 = 50;

#[test]
fn get_ids_in_a_row() {
    let channel = channel();
    publish(&channel, "zero");
    let mut subscriber = channel.subscribe();
    let last = channel.publish_all(["one", "two", "three"].map(Event::new));
    let last = last.unwrap().unwrap();
    assert_eq!(parts(&last).1, 4);
    let expected = [("one", 2), ("two", 3), ("three", 4)];
    let expected = expected.map(|(text, number)| event(text, sibling(&last, number)));
    assert_eq!(seen(&mut subscriber), expected);
}

#[test]
fn without_events_are_nothing() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    assert_eq!(channel.publish_all::<[Event; 0]>([]).unwrap(), None);
    assert!(is_waiting(&mut subscriber));
    assert_eq!(parts(&publish(&channel, "one")).1, 1);
}

#[test]
fn with_an_event_that_is_too_large_are_not_published() {
    let channel = Channel::new(options().max_bytes(40));
    let mut subscriber = channel.subscribe();
    let long = "0123456789".repeat(4);
    let error = channel.publish_all([Event::new("one"), Event::new(long)]);
    let error = error.unwrap_err();
    assert!(matches!(error, PublishError::TooLarge { max: 40, .. }));
    assert!(is_waiting(&mut subscriber));
    assert_eq!(parts(&publish(&channel, "one")).1, 1);
}

#[test]
fn are_taken_from_any_iterator_also_one_that_publishes_itself() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let events = ["one", "two"].into_iter();
    let events = events.inspect(|text| drop(publish(&channel, text)));
    channel.publish_all(events.map(Event::new)).unwrap();
    assert_eq!(texts(&mut subscriber), ["one", "two", "one", "two"]);
}

#[test]
fn of_more_events_than_are_held_are_not_published() {
    let channel = Channel::new(holding(2));
    let mut subscriber = channel.subscribe();
    let error = channel.publish_all(["one", "two", "three"].map(Event::new));
    let error = error.unwrap_err();
    assert!(
        matches!(error, PublishError::TooMany { max: 2 }),
        "{error:?}"
    );
    let text = "the events are too many for a channel that holds 2";
    assert_eq!(error.to_string(), text);
    assert!(error.source().is_none());
    assert!(is_waiting(&mut subscriber));
    let endless = (0..).map(|number: u64| Event::new(number.to_string()));
    assert!(channel.publish_all(endless).is_err());

    let last = channel.publish_all(["one", "two"].map(Event::new));
    assert_eq!(parts(&last.unwrap().unwrap()).1, 2, "no number is lost");
    assert_eq!(texts(&mut subscriber), ["one", "two"]);
}

#[test]
fn of_more_bytes_than_are_held_are_not_published() {
    // "data: 1\n", "id: ABCDEF-1\n", "\n": 22 bytes each.
    let channel = Channel::new(options().max_bytes(65));
    let mut subscriber = channel.subscribe();
    let error = channel.publish_all(["1", "2", "3"].map(Event::new));
    let error = error.unwrap_err();
    assert!(
        matches!(error, PublishError::TooLarge { len: 66, max: 65 }),
        "{error:?}"
    );
    assert!(is_waiting(&mut subscriber));

    let channel = Channel::new(options().max_bytes(66));
    let mut subscriber = channel.subscribe();
    channel
        .publish_all(["1", "2", "3"].map(Event::new))
        .unwrap();
    assert_eq!(texts(&mut subscriber), ["1", "2", "3"]);
}

#[test]
fn have_nothing_of_other_publishers_between() {
    let channel = channel();
    thread::scope(|scope| {
        for publisher in 0..PUBLISHERS {
            let channel = &channel;
            scope.spawn(move || {
                for batch in 0..BATCHES {
                    let event = |part| Event::new(format!("{publisher} {batch} {part}"));
                    channel.publish_all((0..3).map(event)).unwrap();
                    channel.publish(Event::new("single")).unwrap();
                }
            });
        }
    });
    let mut texts = texts(&mut channel.replay());
    assert_eq!(texts.len() as u64, PUBLISHERS * BATCHES * 4);
    texts.retain(|text| text != "single");
    let mut batches = vec![0; PUBLISHERS as usize];
    for batch in texts.chunks(3) {
        let publisher = batch[0].split(' ').next().unwrap();
        let count = &mut batches[publisher.parse::<usize>().unwrap()];
        let expected = [0, 1, 2].map(|part| format!("{publisher} {count} {part}"));
        assert_eq!(batch, expected);
        *count += 1;
    }
}
