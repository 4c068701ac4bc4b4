use tower_sse::{Channel, Event, EventName};

use crate::support::*;

const STATE: EventName = EventName::from_static("state");

fn state() -> Event {
    Event::new("all").name(STATE)
}

#[test]
fn come_before_all_others() {
    let channel = channel();
    publish_numbers(&channel, 1..=2);
    let mut subscriber = channel.subscribe().start_with(state());
    let three = publish(&channel, "3");
    assert_eq!(
        seen(&mut subscriber),
        [
            named("state", "all", sibling(&three, 2)),
            event("3", &three)
        ]
    );
}

#[test]
fn have_an_id_that_resumes_behind() {
    let channel = channel();
    let two = publish_numbers(&channel, 1..=2).remove(1);
    let mut subscriber = channel.subscribe().start_with(state());
    let [_, _, id] = seen(&mut subscriber).remove(0);
    assert_eq!(two, *id);
    let mut subscriber = resume(&channel, &id);
    assert!(is_waiting(&mut subscriber));
    publish_numbers(&channel, 3..=3);
    assert_eq!(texts(&mut subscriber), ["3"]);
}

#[test]
fn before_a_replay_have_the_id_before_the_oldest() {
    let channel = Channel::new(holding(2));
    let ids = publish_numbers(&channel, 1..=4);
    let mut subscriber = channel.replay().start_with(state());
    let seen = seen(&mut subscriber);
    assert_eq!(seen[0], named("state", "all", &ids[1]));
    assert_eq!(seen[1], event("3", &ids[2]));
}

#[test]
fn have_no_id_of_their_own() {
    let channel = channel();
    let one = publish(&channel, "1");
    let mut subscriber = channel.subscribe().start_with(state().id(7));
    assert_eq!(seen(&mut subscriber), [named("state", "all", &one)]);
}

#[test]
fn are_sent_though_the_log_has_gone_on() {
    let channel = Channel::new(holding(2));
    let mut subscriber = channel.subscribe().start_with(state());
    publish_numbers(&channel, 1..=5);
    assert_eq!(texts(&mut subscriber), ["all"]);
    assert!(is_ended(&mut subscriber), "and then it has lagged");
}

#[test]
fn do_not_hide_a_gap() {
    let channel = channel();
    publish(&channel, "1");
    let subscriber = resume(&channel, "zzzzzz-1");
    let mut subscriber = subscriber.start_with(state());
    let names: Vec<_> = seen(&mut subscriber)
        .into_iter()
        .map(|[name, ..]| name)
        .collect();
    assert_eq!(names, ["gap", "state", "message"]);
}

#[test]
fn can_be_several() {
    let subscriber = channel().subscribe();
    let subscriber = subscriber.start_with(state());
    let mut subscriber = subscriber.start_with(Event::new("hello"));
    assert_eq!(texts(&mut subscriber), ["all", "hello"]);
}

#[test]
fn without_data_leave_the_id_to_a_checkpoint() {
    let channel = channel();
    let id = publish(&channel, "one");
    let nothing_yet = Event::default().comment("nothing yet");
    let mut subscriber = channel.resume(None).start_with(nothing_yet);
    let expected = format!("event: checkpoint\ndata: \nid: {id}\n\n: nothing yet\n\n");
    assert_eq!(wire(&mut subscriber), expected);
}
