//! What the random test has found, by hand.

use std::num::NonZeroUsize;

use futures::{FutureExt, StreamExt};
use tower_sse::{
    ChannelOptions, ChannelStart, Event, EventId, Hub, HubOptions, LagPolicy, LastEventId,
    NoticePolicy, Subscription,
};

use crate::clock::Clock;

fn hub_of_newest() -> Hub {
    let clock = Clock::new();
    let newest = ChannelOptions::with_timer(clock.clone()).max_events(NonZeroUsize::MIN);
    Hub::new(HubOptions::with_timer(clock).channel_options(newest))
}

/// A hub whose channel `typing` is ephemeral.
fn hub_with_notices() -> Hub {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone()).notice_policy(NoticePolicy::event());
    let options = HubOptions::with_timer(clock).channel_options(options);
    Hub::new(options.each(|name, options| match name {
        "typing" => options.ephemeral(),
        _ => options,
    }))
}

fn publish(hub: &Hub, names: &[&str], text: &'static str) -> EventId {
    hub.publish(names, &Event::new(text)).unwrap()
}

/// Returns all that can be read now, as it goes over the wire.
fn read_all(subscription: &mut Subscription) -> String {
    let mut read = Vec::new();
    while let Some(event) = subscription.next().now_or_never().flatten() {
        read.extend_from_slice(event.encoded().as_bytes());
    }
    String::from_utf8(read).unwrap()
}

fn next_text(subscription: &mut Subscription) -> Option<String> {
    let event = subscription.next().now_or_never()??;
    let text = String::from_utf8(event.encoded().as_bytes().to_vec()).unwrap();
    let data = text.lines().find_map(|line| line.strip_prefix("data: "));
    data.map(str::to_owned)
}

#[test]
fn an_event_is_due_after_an_evicted_one_that_came_by_another_channel() {
    let hub = hub_of_newest();
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    publish(&hub, &["a", "b"], "one");
    assert_eq!(next_text(&mut subscription).as_deref(), Some("one"));
    publish(&hub, &["b"], "two");
    assert_eq!(next_text(&mut subscription).as_deref(), Some("two"));
}

#[test]
fn a_subscription_without_channels_has_the_notice_policy_of_its_hub() {
    let hub = hub_with_notices();
    let mut subscription = hub.subscriber("ada").subscribe(["a"]).unwrap();
    hub.subscribers("ada").remove("a");
    let notice = "event: channel-removed\ndata: a\n\n";
    assert_eq!(read_all(&mut subscription), notice);
}

#[test]
fn a_live_subscription_reports_what_is_lost_since_its_start() {
    let hub = hub_of_newest();
    let before = hub.last_id();
    publish(&hub, &["a"], "one");
    publish(&hub, &["a"], "two");
    let start = ChannelStart::since("a", before);
    assert_eq!(hub.subscribe([start]).unwrap().gaps().len(), 1);
}

#[test]
fn a_first_visit_gets_its_id_after_the_history_of_one_channel() {
    let hub = hub_with_notices();
    let before = hub.last_id();
    publish(&hub, &["b"], "one");
    let last = publish(&hub, &["b"], "two");
    let starts = [ChannelStart::from("a"), ChannelStart::since("b", before)];
    let mut subscription = hub.resume(starts, None).unwrap();
    let history = "data: one\n\ndata: two\n\n";
    let checkpoint = format!("event: checkpoint\ndata: \nid: {last}\n\n");
    assert_eq!(
        read_all(&mut subscription),
        history.to_owned() + &checkpoint
    );
}

#[test]
fn an_added_ephemeral_channel_has_what_is_published_before_the_next_poll() {
    let hub = hub_with_notices();
    let mut subscription = hub.subscriber("ada").subscribe(["a"]).unwrap();
    hub.subscribers("ada").add("typing").unwrap();
    publish(&hub, &["typing"], "ada");
    let read = read_all(&mut subscription);
    assert!(
        read.contains("data: ada\n") && !read.contains("gap"),
        "{read}"
    );
}

#[test]
fn a_removal_also_removes_a_closed_channel_of_the_name() {
    let hub = hub_with_notices();
    let mut subscription = hub.subscriber("ada").subscribe(["a", "b"]).unwrap();
    publish(&hub, &["a"], "old");
    hub.get::<Event>("a").unwrap().close();
    hub.subscribers("ada").add("a").unwrap();
    hub.subscribers("ada").remove("a");
    publish(&hub, &["a"], "new");
    let read = read_all(&mut subscription);
    assert!(!read.contains("old") && !read.contains("new"), "{read}");
}

#[test]
fn a_closed_channel_that_was_added_anew_stays_in_the_set() {
    let hub = hub_with_notices();
    let mut subscription = hub.subscriber("ada").subscribe(["a", "b"]).unwrap();
    publish(&hub, &["a"], "old");
    hub.get::<Event>("a").unwrap().close();
    hub.subscribers("ada").add("a").unwrap();
    publish(&hub, &["a"], "new");
    let read = read_all(&mut subscription);
    assert!(read.contains("old") && read.contains("new"), "{read}");
    assert!(!read.contains("channel-removed"), "{read}");
}

#[test]
fn an_added_channel_without_ids_begins_with_the_next_event() {
    let hub = hub_with_notices();
    let added_at = hub.subscribers("ada").add("typing").unwrap();
    publish(&hub, &["typing"], "ada");
    let id = LastEventId::new(added_at.clone());
    let start = ChannelStart::live("typing").added_at(added_at);
    let mut subscription = hub.resume([start], id.as_ref()).unwrap();
    assert_eq!(read_all(&mut subscription), "");
    assert_eq!(subscription.missed(), 0);
}

#[test]
fn an_added_channel_lags_by_what_is_evicted_before_the_next_poll() {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone())
        .max_events(NonZeroUsize::MIN)
        .notice_policy(NoticePolicy::event())
        .lag_policy(LagPolicy::notify());
    let hub = Hub::new(HubOptions::with_timer(clock).channel_options(options));
    let mut subscription = hub.subscriber("ada").subscribe(["a"]).unwrap();
    hub.subscribers("ada").add("b").unwrap();
    publish(&hub, &["b"], "one");
    publish(&hub, &["b"], "two");
    let read = read_all(&mut subscription);
    assert!(read.contains("event: lagged\ndata: 1\n"), "{read}");
    assert!(!read.contains("event: gap"), "{read}");
}

#[test]
fn a_replay_does_not_lag_by_history_that_is_evicted_before_it_is_read() {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone())
        .notice_policy(NoticePolicy::event())
        .lag_policy(LagPolicy::notify());
    let options = HubOptions::with_timer(clock).channel_options(options);
    let hub = Hub::new(options.each(|name, options| match name {
        "b" => options.max_events(NonZeroUsize::new(2).unwrap()),
        _ => options,
    }));
    publish(&hub, &["a", "b"], "one");
    publish(&hub, &["b"], "two");
    let mut subscription = hub.replay(["b", "a"]).unwrap();
    publish(&hub, &["b"], "three");
    publish(&hub, &["b"], "four");
    let read: Vec<_> = std::iter::from_fn(|| next_text(&mut subscription)).collect();
    assert_eq!(read, ["one", "three", "four"]);
}

#[test]
fn the_id_of_an_addition_is_that_of_the_keys_which_were_read_beside_others() {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone()).notice_policy(NoticePolicy::event());
    let options = HubOptions::with_timer(clock).channel_options(options);
    let keys = NonZeroUsize::new(9).unwrap();
    let hub = Hub::new(options.each(move |name, options| match name {
        "k" => options.keyed(keys, tower_sse::KeyPolicy::reject()),
        _ => options,
    }));
    let mut subscription = hub.subscriber("ada").subscribe(["a"]).unwrap();
    publish(&hub, &["a"], "one");
    hub.subscribers("ada").add("k").unwrap();
    hub.get::<Event>("a").unwrap().close();
    let channel = hub.keyed_channel::<str>("k").unwrap();
    let last = channel.publish("x", "x").unwrap();
    let checkpoint = format!("event: checkpoint\ndata: \nid: {last}\n\n");
    let read = read_all(&mut subscription);
    assert!(read.ends_with(&checkpoint), "{read}");
}
