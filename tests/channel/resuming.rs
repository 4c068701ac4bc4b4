use tower_sse::{Channel, GapPolicy, LastEventId};

use crate::support::*;

#[test]
fn after_each_id_brings_what_came_after_it() {
    let channel = channel();
    let ids = publish_numbers(&channel, 1..=5);
    for (have, id) in (1..).zip(&ids) {
        let mut subscriber = resume(&channel, id);
        let expected = (have + 1..=5).map(|n| n.to_string());
        assert_eq!(texts(&mut subscriber), expected.collect::<Vec<_>>());
        assert!(is_waiting(&mut subscriber));
    }
}

#[test]
fn brings_the_ids_that_were_given_before() {
    let channel = channel();
    let ids = publish_numbers(&channel, 1..=3);
    let mut subscriber = resume(&channel, &ids[0]);
    assert_eq!(
        seen(&mut subscriber),
        [event("2", &ids[1]), event("3", &ids[2])]
    );
}

#[test]
fn goes_on_with_what_is_published_then() {
    let channel = channel();
    let ids = publish_numbers(&channel, 1..=3);
    let mut subscriber = resume(&channel, &ids[1]);
    publish_numbers(&channel, 4..=5);
    assert_eq!(texts(&mut subscriber), ["3", "4", "5"]);
    publish_numbers(&channel, 6..=6);
    assert_eq!(texts(&mut subscriber), ["6"]);
}

#[test]
fn without_an_id_brings_what_is_new() {
    let channel = channel();
    publish_numbers(&channel, 1..=3);
    let mut subscriber = channel.resume(None);
    publish_numbers(&channel, 4..=4);
    let seen = seen(&mut subscriber);
    assert_eq!(seen[0][..2], ["checkpoint", ""]);
    assert_eq!(seen[1][..2], ["message", "4"]);
    // With nothing but the checkpoint the client can come back.
    let mut subscriber = resume(&channel, seen[0][2].as_str());
    assert_eq!(texts(&mut subscriber), ["4"]);
}

#[test]
fn can_be_tried_first() {
    let channel: Channel = Channel::new(holding(2).gap_policy(GapPolicy::live()));
    let ids = publish_numbers(&channel, 1..=4);
    let mut subscriber = channel.try_resume(&last(&ids[1])).unwrap();
    assert_eq!(texts(&mut subscriber), ["3", "4"]);
    assert_eq!(channel.subscriber_count(), 1);

    let gap = channel.try_resume(&last(&ids[0])).unwrap_err();
    assert!(gap.is_known);
    assert_eq!(gap.last_event_id, ids[0]);
    assert_eq!(gap.oldest.as_ref(), Some(&ids[2]));
    let ahead = last(sibling(&ids[3], 5));
    assert!(!channel.try_resume(&ahead).unwrap_err().is_known);
    assert_eq!(channel.subscriber_count(), 1, "a gap leaves nobody");
}

#[test]
fn at_the_last_id_misses_nothing() {
    let channel: Channel = Channel::new(holding(2));
    let mut from_the_beginning = resume(&channel, channel.last_id());
    let ids = publish_numbers(&channel, 1..=2);
    assert_eq!(texts(&mut from_the_beginning), ["1", "2"]);
    assert_eq!(channel.last_id(), ids[1]);
    channel.close();
    assert_eq!(channel.last_id(), ids[1]);
    assert!(is_ended(&mut resume(&channel, &ids[1])));
}

#[test]
fn at_the_oldest_that_is_held_is_no_gap() {
    let channel = Channel::new(holding(3));
    let ids = publish_numbers(&channel, 1..=5);
    // 3, 4 and 5 are held: a client that has 2 misses nothing.
    let mut subscriber = resume(&channel, &ids[1]);
    assert_eq!(texts(&mut subscriber), ["3", "4", "5"]);
}

#[test]
fn replays_all_that_is_held() {
    let channel = Channel::new(holding(3));
    publish_numbers(&channel, 1..=5);
    let mut subscriber = channel.replay();
    assert_eq!(texts(&mut subscriber), ["3", "4", "5"]);
    publish_numbers(&channel, 6..=6);
    assert_eq!(texts(&mut subscriber), ["6"]);
}

#[test]
fn a_replay_of_nothing_begins_with_a_checkpoint() {
    let channel = Channel::new(holding(3));
    let before = seen(&mut channel.replay()).remove(0);
    assert_eq!(before, named("checkpoint", "", channel.last_id()));
    // It was cut off then, and has missed too much.
    publish_numbers(&channel, 1..=5);
    let [_, _, id] = before;
    assert_eq!(seen(&mut resume(&channel, id))[0][0], "gap");
}

#[test]
fn again_and_again_brings_each_event_once() {
    let channel = channel();
    publish_numbers(&channel, 1..=9);
    let (mut last, mut numbers) = (None::<LastEventId>, Vec::new());
    let mut subscriber = channel.replay();
    for _ in 1..=9 {
        let id = next(&mut subscriber).id().unwrap();
        numbers.push(parts(&id).1);
        last = LastEventId::new(id);
        subscriber = channel.resume(last.as_ref());
    }
    assert!(last.is_some());
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
    assert!(is_waiting(&mut subscriber));
}

#[test]
fn a_closed_channel_brings_what_is_left() {
    let channel = channel();
    let ids = publish_numbers(&channel, 1..=3);
    channel.close();
    let mut subscriber = resume(&channel, &ids[1]);
    assert_eq!(texts(&mut subscriber), ["3"]);
    assert!(is_ended(&mut subscriber));
}
