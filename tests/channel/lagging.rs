use tokio::time::advance;
use tower_sse::{Channel, Event, EventName, LagPolicy};

use crate::support::*;

const SORRY: EventName = EventName::from_static("sorry");

/// A channel that holds two events.
fn short(lag: LagPolicy) -> Channel {
    Channel::new(holding(2).lag_policy(lag))
}

#[test]
fn is_not_to_be_at_the_oldest_that_is_held() {
    let channel = short(LagPolicy::disconnect());
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=2);
    assert_eq!(texts(&mut subscriber), ["1", "2"]);
    publish_numbers(&channel, 3..=4);
    assert_eq!(texts(&mut subscriber), ["3", "4"]);
}

#[test]
fn ends_by_default() {
    let channel = Channel::new(holding(2));
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=3);
    assert_eq!(channel.subscriber_count(), 1);
    assert_eq!(subscriber.close_reason(), None);
    assert!(has_lagged(&mut subscriber));
    assert_eq!(subscriber.missed(), 0);
    assert_eq!(channel.subscriber_count(), 0);
    publish_numbers(&channel, 4..=4);
    assert!(is_ended(&mut subscriber), "what has ended stays so");
}

#[test]
fn and_resuming_reports_the_gap() {
    let channel = short(LagPolicy::disconnect());
    let mut subscriber = channel.subscribe();
    let one = publish(&channel, "1");
    assert_eq!(texts(&mut subscriber), ["1"]);
    let ids = publish_numbers(&channel, 2..=4);
    assert_eq!(texts(&mut subscriber), [""; 0]);
    let mut subscriber = resume(&channel, one);
    assert_eq!(texts(&mut subscriber), [ids[1].as_str(), "3", "4"]);
}

#[test]
fn can_be_reported_by_an_event_with_the_number_of_those_missed() {
    let channel = short(LagPolicy::notify());
    let mut subscriber = channel.subscribe();
    let one = publish(&channel, "1");
    assert_eq!(texts(&mut subscriber), ["1"]);
    publish_numbers(&channel, 2..=5);
    let [four, five] = [4, 5].map(|number| sibling(&one, number));
    // A client that gets the notice alone comes back with the id of before, and finds the gap.
    let expected = format!(
        "event: lagged\ndata: 2\n\n\
         data: 4\nid: {four}\n\n\
         data: 5\nid: {five}\n\n"
    );
    assert_eq!(wire(&mut subscriber), expected);
}

#[test]
fn is_counted_with_the_notice() {
    let channel = short(LagPolicy::notify());
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=5);
    assert_eq!(next(&mut subscriber).id(), None);
    assert_eq!(subscriber.missed(), 3);
    assert_eq!(parts(&next(&mut subscriber).id().unwrap()).1, 4);
    publish_numbers(&channel, 6..=9);
    assert_eq!(next(&mut subscriber).id(), None);
    assert_eq!(subscriber.missed(), 6);
}

#[test]
fn can_be_reported_by_another_event() {
    let lag = LagPolicy::notify_with(|missed| Event::new(format!("-{missed}")).name(SORRY).id(7));
    let channel = short(lag);
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=5);
    let seen = seen(&mut subscriber);
    assert_eq!(seen[0], named("sorry", "-3", ""), "its id is removed");
    assert_eq!(seen[1][1], "4");
}

#[test]
fn is_counted_once_though_the_log_goes_on_before_the_notice_is_read() {
    let channel = short(LagPolicy::notify());
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=3);
    assert_eq!(next(&mut subscriber).id(), None);
    assert_eq!(subscriber.missed(), 1);
    // 2 was to be next, and is gone as well.
    publish_numbers(&channel, 4..=4);
    assert_eq!(next(&mut subscriber).id(), None);
    assert_eq!(subscriber.missed(), 2);
    assert_eq!(texts(&mut subscriber), ["3", "4"]);
}

#[test]
fn can_go_on_with_the_newest_in_silence() {
    let channel = short(LagPolicy::newest());
    let mut subscriber = channel.subscribe();
    let ids = publish_numbers(&channel, 1..=5);
    let event = next(&mut subscriber);
    assert_eq!(event.id().as_ref(), Some(&ids[4]));
    assert_eq!(subscriber.missed(), 4);
    assert!(is_waiting(&mut subscriber));
    publish_numbers(&channel, 6..=7);
    assert_eq!(texts(&mut subscriber), ["6", "7"]);
}

#[tokio::test(start_paused = true)]
async fn is_also_to_be_behind_what_is_too_old() {
    let channel = Channel::new(options().max_age(SECOND).lag_policy(LagPolicy::notify()));
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=2);
    advance(2 * SECOND).await;
    let three = publish(&channel, "3");
    assert_eq!(
        seen(&mut subscriber),
        [named("lagged", "2", ""), event("3", &three)]
    );
}

#[tokio::test(start_paused = true)]
async fn is_reported_before_there_is_anything_new() {
    let channel = Channel::new(options().max_age(SECOND).lag_policy(LagPolicy::notify()));
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=2);
    advance(2 * SECOND).await;
    drop(channel.replay());
    assert_eq!(seen(&mut subscriber), [named("lagged", "2", "")]);
    assert!(is_waiting(&mut subscriber));
}

#[tokio::test(start_paused = true)]
async fn goes_on_with_the_next_where_there_is_no_newest() {
    let channel = Channel::new(options().max_age(SECOND).lag_policy(LagPolicy::newest()));
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=2);
    advance(2 * SECOND).await;
    drop(channel.replay());
    assert!(is_waiting(&mut subscriber));
    assert_eq!(subscriber.missed(), 2);
    publish_numbers(&channel, 3..=4);
    assert_eq!(parts(&next(&mut subscriber).id().unwrap()).1, 3);
    assert_eq!(subscriber.missed(), 2);
}

#[test]
fn of_a_channel_that_is_closed_brings_what_is_left() {
    for (lag, expected) in [
        (LagPolicy::disconnect(), &[][..]),
        (LagPolicy::notify(), &["3", "4", "5"]),
        (LagPolicy::newest(), &["5"]),
    ] {
        let channel = short(lag);
        let mut subscriber = channel.subscribe();
        publish_numbers(&channel, 1..=5);
        channel.close();
        assert_eq!(texts(&mut subscriber), expected);
        assert!(is_ended(&mut subscriber));
    }
}

#[test]
fn may_use_the_channel_itself() {
    let whole = std::sync::Arc::new(std::sync::OnceLock::<Channel>::new());
    let inner = std::sync::Arc::clone(&whole);
    let lag = LagPolicy::notify_with(move |missed| {
        publish(inner.get().unwrap(), "published");
        Event::new(missed.to_string())
    });
    let channel = short(lag);
    whole.set(channel.clone()).unwrap();
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=3);
    // What it publishes makes the subscriber lag again, once.
    assert_eq!(next(&mut subscriber).encoded().as_bytes(), b"data: 1\n\n");
    assert_eq!(subscriber.missed(), 1);
}

#[test]
fn debug_names_the_policy() {
    let lags = [
        LagPolicy::disconnect(),
        LagPolicy::default(),
        LagPolicy::notify(),
        LagPolicy::newest(),
    ];
    assert_eq!(
        lags.map(|lag| format!("{lag:?}")),
        [
            "LagPolicy(disconnect)",
            "LagPolicy(disconnect)",
            "LagPolicy(notify)",
            "LagPolicy(newest)"
        ]
    );
}

#[test]
fn is_not_to_replay_less_than_there_was_at_the_start() {
    let channel = short(LagPolicy::disconnect());
    publish_numbers(&channel, 1..=2);
    let mut replay = channel.replay();
    publish_numbers(&channel, 3..=3);
    assert_eq!(texts(&mut replay), ["2", "3"]);
    assert_eq!(replay.close_reason(), None);
}

#[test]
fn is_to_miss_what_follows_the_start_of_a_replay() {
    let channel = short(LagPolicy::notify());
    publish_numbers(&channel, 1..=2);
    let mut replay = channel.replay();
    publish_numbers(&channel, 3..=5);
    assert_eq!(texts(&mut replay), ["1", "4", "5"], "one is missed");
    assert_eq!(replay.missed(), 1);
}

#[test]
fn is_to_be_slow_in_the_history_of_a_replay() {
    let channel = short(LagPolicy::disconnect());
    publish_numbers(&channel, 1..=2);
    let mut replay = channel.replay();
    let _one = next(&mut replay);
    publish_numbers(&channel, 3..=4);
    assert!(has_lagged(&mut replay));
}
