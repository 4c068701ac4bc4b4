use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::advance;
use tower_sse::{Channel, EventId, Gap, GapPolicy, LastEventId};

use crate::support::*;

/// Returns the gap that a channel of so many events and with so many of them held finds.
fn gap(held: usize, id: impl FnOnce(&EventId) -> String) -> Option<Gap> {
    let channel = Channel::new(holding(held));
    let ids = publish_numbers(&channel, 1..=5);
    let mut gaps = resume(&channel, id(&ids[4])).gaps().to_vec();
    assert!(gaps.len() <= 1);
    gaps.pop()
}

#[test]
fn are_reported_by_an_event_with_the_id_of_the_oldest() {
    let channel = Channel::new(holding(2));
    let ids = publish_numbers(&channel, 1..=5);
    let mut subscriber = resume(&channel, &ids[0]);
    let (oldest, before) = (&ids[3], &ids[2]);
    let expected = format!(
        "event: gap\ndata: {oldest}\nid: {before}\n\n\
         data: 4\nid: {oldest}\n\n\
         data: 5\nid: {}\n\n",
        ids[4]
    );
    assert_eq!(wire(&mut subscriber), expected);
    assert!(is_waiting(&mut subscriber));
}

#[tokio::test(start_paused = true)]
async fn are_reported_by_an_event_without_data_where_nothing_is_retained() {
    let channel = Channel::new(options().max_age(SECOND));
    let ids = publish_numbers(&channel, 1..=3);
    advance(2 * SECOND).await;
    let mut subscriber = resume(&channel, &ids[0]);
    let expected = format!("event: gap\ndata: \nid: {}\n\n", ids[2]);
    assert_eq!(wire(&mut subscriber), expected);
    let four = publish(&channel, "four");
    assert_eq!(seen(&mut subscriber), [event("four", &four)]);
}

#[test]
fn are_reported_once_and_the_id_of_that_resumes_behind() {
    let channel = Channel::new(holding(2));
    let ids = publish_numbers(&channel, 1..=5);
    let mut subscriber = resume(&channel, &ids[0]);
    assert_eq!(next(&mut subscriber).id().as_ref(), Some(&ids[2]));
    assert_eq!(subscriber.missed(), 0);
    drop(subscriber);
    // The client has seen the notice and no more.
    let mut subscriber = resume(&channel, &ids[2]);
    assert_eq!(texts(&mut subscriber), ["4", "5"]);
}

#[test]
fn before_the_first_event_are_reported_with_the_number_zero() {
    let channel = channel();
    let mut subscriber = resume(&channel, "zzzzzz-3");
    let notice = seen(&mut subscriber);
    assert_eq!(notice.len(), 1);
    let [name, data, id] = &notice[0];
    assert_eq!((&**name, &**data), ("gap", ""));
    assert_eq!(parts(&EventId::try_from(&**id).unwrap()).1, 0);

    let mut resumed = resume(&channel, id);
    let one = publish(&channel, "one");
    assert_eq!(parts(&one).0, id.split_once('-').unwrap().0);
    assert_eq!(seen(&mut resumed), [event("one", &one)]);
    assert_eq!(seen(&mut subscriber), [event("one", &one)]);
}

#[test]
fn can_go_on_live_in_silence() {
    let channel = Channel::new(options().gap_policy(GapPolicy::live()));
    publish_numbers(&channel, 1..=3);
    let mut subscriber = resume(&channel, "zzzzzz-1");
    // The checkpoint, by whose id the client comes back.
    let [name, data, id] = seen(&mut subscriber).remove(0);
    assert_eq!([name, data], ["checkpoint", ""]);
    publish_numbers(&channel, 4..=4);
    assert_eq!(texts(&mut subscriber), ["4"]);
    assert_eq!(texts(&mut resume(&channel, id.as_str())), ["4"]);
}

#[test]
fn do_not_concern_clients_that_can_resume() {
    assert_eq!(gap(2, |last| sibling(last, 3)), None);
    assert_eq!(gap(2, |last| sibling(last, 5)), None);
}

#[test]
fn are_known_for_what_is_not_held_any_more() {
    let found = gap(2, |last| sibling(last, 2)).unwrap();
    assert!(found.is_known);
    let oldest = found.oldest.unwrap();
    assert_eq!(parts(&oldest).1, 4);
    assert_eq!(found.last_event_id, *sibling(&oldest, 2));
}

#[test]
fn are_not_known_for_a_number_that_is_yet_to_come() {
    for number in [6, 7, 1_000_000, u64::MAX - 1, u64::MAX] {
        let found = gap(2, |last| sibling(last, number)).unwrap();
        assert!(!found.is_known, "{number}");
        assert_eq!(parts(&found.oldest.unwrap()).1, 4);
    }
}

#[test]
fn are_not_known_for_an_id_of_another_channel_or_of_before_a_restart() {
    let other = publish_numbers(&channel(), 1..=5);
    let found = gap(9, |_| other[2].to_string()).unwrap();
    assert!(!found.is_known);
    assert_eq!(found.last_event_id, other[2]);
    assert_eq!(parts(&found.oldest.unwrap()).1, 1);
}

#[test]
fn are_reported_even_where_everything_is_retained() {
    // Of this id nobody knows what the client has missed.
    let channel = channel();
    publish_numbers(&channel, 1..=2);
    let mut subscriber = resume(&channel, "zzzzzz-1");
    let names: Vec<_> = seen(&mut subscriber)
        .into_iter()
        .map(|[name, ..]| name)
        .collect();
    assert_eq!(names, ["gap", "message", "message"]);
}

#[test]
fn are_found_where_the_client_sent_what_is_no_id() {
    let channel = channel();
    let ids = publish_numbers(&channel, 1..=1);
    for sent in [&b"\xff\x80"[..], b"a\tb", &[b'a'; 5000]] {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("last-event-id"),
            HeaderValue::from_bytes(sent).unwrap(),
        )]);
        let last_event_id = LastEventId::from_headers(&headers).unwrap();
        assert!(last_event_id.is_lossy());
        assert!(!channel.try_resume(&last_event_id).unwrap_err().is_known);
        let before = sibling(&ids[0], 0);
        let expected = [named("gap", &ids[0], before), event("1", &ids[0])];
        assert_eq!(seen(&mut channel.resume(Some(&last_event_id))), expected);
    }
}

#[test]
fn end_where_the_channel_is_closed() {
    let channel = Channel::new(holding(2));
    let ids = publish_numbers(&channel, 1..=5);
    channel.close();
    let mut subscriber = resume(&channel, &ids[0]);
    assert_eq!(texts(&mut subscriber), [ids[3].as_str(), "4", "5"]);
    assert!(is_ended(&mut subscriber));
}

#[test]
fn debug_names_the_policy() {
    let policies = [GapPolicy::notify(), GapPolicy::default(), GapPolicy::live()];
    let texts = policies.map(|a| format!("{a:?}"));
    let expected = ["GapPolicy(notify)", "GapPolicy(notify)", "GapPolicy(live)"];
    assert_eq!(texts, expected);
}
