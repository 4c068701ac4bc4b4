//! Lags of single channels in a subscription of several.

use tower_sse::{EventId, Hub, LagPolicy};

use crate::{hub::channel_in, several::*, support::*};

/// Publishes three events in `a` and `b` alternately, so that a subscriber of both misses two in `b`.
fn publish_too_many(hub: &Hub) -> [EventId; 6] {
    publish_in(
        hub,
        [
            ("a", "1"),
            ("b", "2"),
            ("a", "3"),
            ("b", "4"),
            ("a", "5"),
            ("b", "6"),
        ],
    )
}

#[test]
fn end_the_stream_in_a_channel_that_disconnects() {
    let hub = lagging(LagPolicy::disconnect());
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    publish_too_many(&hub);
    assert!(has_lagged(&mut subscription));
    let counts = ["a", "b"].map(|name| channel_in(&hub, name).subscriber_count());
    assert_eq!(counts, [0, 0]);
}

#[test]
fn name_their_channel_and_leave_the_other_untouched() {
    let hub = lagging(LagPolicy::notify());
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    let ids = publish_too_many(&hub);
    let expected = [
        named("lagged", "2\nb", ""),
        event("1", &ids[0]),
        event("3", &ids[2]),
        event("5", &ids[4]),
        event("6", &ids[5]),
    ];
    assert_eq!(seen(&mut subscription), expected);
    assert_eq!(subscription.missed(), 2);
}

#[test]
fn skip_to_the_newest_in_one_channel_and_leave_the_other_untouched() {
    let hub = lagging(LagPolicy::newest());
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    publish_too_many(&hub);
    assert_eq!(texts(&mut subscription), ["1", "3", "5", "6"]);
    assert_eq!(subscription.missed(), 2);
}

#[test]
fn are_reported_before_any_newer_event() {
    let hub = lagging(LagPolicy::notify());
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    publish_in(&hub, [("a", "1"), ("b", "2")]);
    assert_eq!(texts(&mut subscription), ["1", "2"]);
    // It has looked at both: there is nothing more.
    assert!(is_waiting(&mut subscription));
    publish_in(&hub, [("b", "3"), ("a", "4"), ("b", "5")]);
    assert_eq!(texts(&mut subscription), ["1\nb", "4", "5"]);
}

#[test]
fn are_gaps_for_a_client_that_resumes_before_them() {
    let hub = lagging(LagPolicy::notify());
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    let ids = publish_too_many(&hub);
    let seen = seen(&mut subscription);
    assert_eq!(seen[1], event("1", &ids[0]));
    // The connection breaks here.
    let resumed = resume_all(&hub, &["a", "b"], &ids[0]);
    assert_eq!(gaps(&resumed), ["b"]);
}
