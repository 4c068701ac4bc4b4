use tower_sse::{Channel, ChannelOptions, EventId};

use crate::support::*;

/// Options of a channel that goes on after this event.
fn after(id: &EventId) -> ChannelOptions {
    options().after(id)
}

#[test]
fn makes_a_gap_of_every_id() {
    let ids = publish_numbers(&channel(), 1..=3);
    let restarted = channel();
    publish_numbers(&restarted, 1..=3);
    let mut subscriber = resume(&restarted, &ids[2]);
    assert_eq!(seen(&mut subscriber)[0][0], "gap");
}

#[test]
fn can_number_on() {
    let ids = publish_numbers(&channel(), 1..=3);
    let restarted = Channel::new(after(&ids[2]));
    // A client that has all earlier events misses nothing.
    let mut subscriber = resume(&restarted, &ids[2]);
    let four = publish(&restarted, "four");
    assert_eq!(four, *sibling(&ids[0], 4));
    assert_eq!(seen(&mut subscriber), [event("four", &four)]);
    assert!(is_waiting(&mut resume(&restarted, &four)));
}

#[test]
fn holds_nothing_of_before() {
    let ids = publish_numbers(&channel(), 1..=3);
    let restarted = Channel::new(after(&ids[2]));
    let checkpoint = named("checkpoint", "", &ids[2]);
    assert_eq!(seen(&mut restarted.replay()), [checkpoint]);
    let mut subscriber = resume(&restarted, &ids[1]);
    let expected = format!("event: gap\ndata: \nid: {}\n\n", ids[2]);
    assert_eq!(wire(&mut subscriber), expected);

    let four = publish(&restarted, "four");
    let mut subscriber = resume(&restarted, &ids[1]);
    assert_eq!(
        seen(&mut subscriber),
        [named("gap", &four, &ids[2]), event("four", &four)]
    );
}

#[test]
fn numbers_anew_after_what_is_no_id_of_a_channel() {
    for id in ["42", "", "a-01", "-", "é-1", "abcdefgh-1"] {
        let channel = Channel::new(after(&EventId::try_from(id).unwrap()));
        let one = publish(&channel, "one");
        assert_eq!((parts(&one).0.len(), parts(&one).1), (6, 1), "{id:?}");
    }
}

#[test]
fn numbers_on_after_a_quarter_of_all_numbers() {
    let last = u64::MAX / 4 - 1;
    let id = EventId::try_from(format!("abc-{last}")).unwrap();
    let channel = Channel::new(after(&id));
    let mut subscriber = resume(&channel, &id);
    let next = publish(&channel, "next");
    assert_eq!(next, *format!("abc-{}", last + 1));
    assert_eq!(seen(&mut subscriber), [event("next", &next)]);
}

#[test]
fn numbers_anew_after_more_than_a_quarter_of_all_numbers() {
    let id = EventId::try_from(format!("abc-{}", u64::MAX / 4)).unwrap();
    let one = publish(&Channel::new(after(&id)), "one");
    assert_eq!((parts(&one).0.len(), parts(&one).1), (6, 1));
}

#[test]
fn data_does_not_panic() {
    let id = EventId::try_from(format!("abc-{}", u64::MAX)).unwrap();
    let _channel: Channel = Channel::new(after(&id));
}
