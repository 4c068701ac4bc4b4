//! Filters of a subscription.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::Context,
    time::Duration,
};

use http_body::Body;
use tower_sse::{
    Channel, ChannelStart, Event, EventName, EventStream, Hub, KeyedChannel, LagPolicy,
    NoticePolicy, Subscription,
};

use crate::{
    blocks::{blocks, blocks_of, fill, id, kinds},
    clock::Clock,
    hub::{hub, hub_options},
    support::*,
    task::Task,
};

/// Hides the events of channel `h`.
fn without_h(subscription: Subscription) -> Subscription {
    subscription.filter_events(|event| event.channel() != "h")
}

/// A subscription to the channels `a` and `h` after this id, of which the client gets those of `a`.
fn filtered(hub: &Hub, number: u64) -> Subscription {
    let id = last(id(hub, number));
    without_h(hub.resume(["a", "h"], Some(&id)).unwrap())
}

fn hide(hub: &Hub, count: usize) {
    fill(hub, &["h"].repeat(count));
}

#[test]
fn hidden_events_are_not_sent() {
    let hub = hub(9);
    let mut subscription = filtered(&hub, 0);
    fill(&hub, &["h", "a", "h", "a"]);
    assert_eq!(blocks(&mut subscription), ["a2#2", "a4#4"]);
}

#[test]
fn a_filter_sees_channel_name_key_and_bytes() {
    let hub = Hub::new(kinds());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let subscription = hub.subscribe(["a", "n", "k"]).unwrap();
    let mut subscription = subscription.filter_events(move |event| {
        let bytes = String::from_utf8(event.as_bytes().to_vec()).unwrap();
        let name = event.name().map(str::to_owned);
        let key = event.key().map(str::to_owned);
        noted
            .lock()
            .unwrap()
            .push((event.channel().to_owned(), name, key, bytes));
        true
    });
    let keyed: KeyedChannel = hub.keyed_channel("k").unwrap();
    let noise = Event::new("one").name(EventName::from_static("noise"));
    hub.publish(["a"], &noise).unwrap();
    hub.publish(["n"], &Event::new("two")).unwrap();
    keyed.publish("key", Event::new("three")).unwrap();
    let _ = wire(&mut subscription);
    keyed.remove("key").unwrap();
    let _ = wire(&mut subscription);
    let id = id(&hub, 1);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    let seen = seen
        .iter()
        .map(|(channel, name, key, bytes)| (&**channel, name.as_deref(), key.as_deref(), &**bytes));
    let numbered = format!("event: noise\ndata: one\nid: {id}\n\n");
    let removed = "event: key-removed\ndata: key\n\n";
    let expected = [
        ("a", Some("noise"), None, &*numbered),
        ("k", None, Some("key"), "data: three\n\n"),
        ("k", Some("key-removed"), Some("key"), removed),
        ("n", None, None, "data: two\n\n"),
    ];
    assert!(seen.eq(expected));
}

#[test]
fn a_client_gets_a_checkpoint_after_256_hidden_events() {
    let hub = hub(9);
    let mut subscription = filtered(&hub, 0);
    hide(&hub, 255);
    assert_eq!(blocks(&mut subscription), [""; 0]);
    hide(&hub, 1);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #256"]);
    hide(&hub, 256 + 10);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #512"]);
}

#[test]
fn an_event_that_is_sent_takes_the_place_of_a_checkpoint() {
    let hub = hub(9);
    let mut subscription = filtered(&hub, 0);
    hide(&hub, 255);
    fill(&hub, &["a"]);
    hide(&hub, 255);
    assert_eq!(blocks(&mut subscription), ["a256#256"]);
}

#[test]
fn a_client_of_a_short_log_gets_a_checkpoint_after_half_of_it() {
    let hub = Hub::new(hub_options(9).channel_options(holding(8)));
    let mut subscription = filtered(&hub, 0);
    hide(&hub, 3);
    assert_eq!(blocks(&mut subscription), [""; 0]);
    hide(&hub, 1);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #4"]);
    let smallest = Hub::new(hub_options(9).channel_options(holding(1)));
    let mut subscription = filtered(&smallest, 0);
    hide(&smallest, 1);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #1"]);
}

#[test]
fn a_client_gets_a_checkpoint_when_the_log_has_evicted_what_is_above_its_id() {
    // Each event has more than half of the bytes that are retained.
    let hub = Hub::new(hub_options(9).channel_options(options().max_bytes(100)));
    let mut subscription = filtered(&hub, 0);
    let large = || hub.publish(["h"], &Event::new("x".repeat(60))).unwrap();
    large();
    assert_eq!(blocks(&mut subscription), [""; 0]);
    // The first is evicted by the second.
    large();
    assert_eq!(blocks(&mut subscription), ["checkpoint: #2"]);
}

#[test]
fn a_client_that_resumes_after_many_hidden_events_has_no_gap() {
    for held in [1, 2, 3, 8, 100, 1000] {
        let hub = Hub::new(hub_options(9).channel_options(holding(held)));
        let mut subscription = filtered(&hub, 0);
        let mut last_id = id(&hub, 0);
        for _ in 0..3000 {
            hide(&hub, 1);
            for [_, _, id] in seen(&mut subscription) {
                last_id = id.try_into().unwrap();
            }
            let resumed = hub.resume(["a", "h"], Some(&last(&last_id))).unwrap();
            assert!(resumed.gaps().is_empty(), "{held}: {:?}", resumed.gaps());
        }
    }
}

#[test]
fn a_checkpoint_has_the_form_of_the_notice_policy() {
    let forms = [
        (
            NoticePolicy::event(),
            "event: checkpoint\ndata: \nid: #\n\n",
        ),
        (NoticePolicy::id(), "id: #\n\n"),
        (NoticePolicy::silent(), ""),
        (NoticePolicy::auto(), ""),
    ];
    for (policy, expected) in forms {
        let hub = hub(9);
        let mut subscription = filtered(&hub, 0).notice_policy(policy);
        hide(&hub, 300);
        let expected = expected.replace('#', id(&hub, 256).as_str());
        assert_eq!(wire(&mut subscription), expected, "{policy:?}");
    }
}

#[test]
fn a_filter_outside_of_a_stream_yields_the_checkpoint_as_an_event() {
    let hub = hub(9);
    let mut subscription = filtered(&hub, 0);
    hide(&hub, 256);
    assert_eq!(next(&mut subscription).id(), Some(id(&hub, 256)));
    assert!(is_waiting(&mut subscription));
}

#[test]
fn a_gap_is_not_hidden() {
    let hub = Hub::new(hub_options(9).channel_options(holding(2)));
    hide(&hub, 5);
    let mut subscription = filtered(&hub, 1);
    assert_eq!(subscription.gaps().len(), 1);
    let got = blocks(&mut subscription);
    assert_eq!(got[0], "gap: #4|h#3");
}

#[test]
fn a_lag_is_not_hidden() {
    let hub = |lag| Hub::new(hub_options(9).channel_options(holding(2).lag_policy(lag)));
    let notifying = hub(LagPolicy::notify());
    let mut subscription = filtered(&notifying, 0);
    hide(&notifying, 5);
    let got = blocks(&mut subscription);
    assert_eq!(got, ["lagged: 3|h", "checkpoint: #4", "checkpoint: #5"]);
    assert_eq!(subscription.missed(), 3);
    let newest = hub(LagPolicy::newest());
    let mut subscription = filtered(&newest, 0);
    hide(&newest, 5);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #5"]);
    assert_eq!(subscription.missed(), 4);
    let ending = hub(LagPolicy::disconnect());
    let mut subscription = filtered(&ending, 0);
    hide(&ending, 5);
    assert!(has_lagged(&mut subscription));
}

#[test]
fn what_comes_before_the_log_is_not_filtered() {
    let hub = hub(9);
    let subscription = hub.resume(["a"], None).unwrap();
    let subscription = subscription.start_with(Event::new("state"));
    let mut subscription = subscription.filter_events(|_| false);
    assert_eq!(blocks(&mut subscription), ["state#0"]);
    let mut first = hub.resume(["a"], None).unwrap().filter_events(|_| false);
    assert_eq!(blocks(&mut first), ["checkpoint: #0"]);
}

#[test]
fn a_second_filter_replaces_the_first() {
    let hub = hub(9);
    let subscription = filtered(&hub, 0);
    let mut subscription = subscription.filter_events(|event| event.channel() != "a");
    fill(&hub, &["h", "a"]);
    assert_eq!(blocks(&mut subscription), ["h1#1"]);
}

#[test]
fn a_filter_that_hides_everything_yields_after_1024_events() {
    let hub = Hub::new(hub_options(9).channel_options(holding(5000)));
    hide(&hub, 3000);
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let subscription = hub.resume(["h"], Some(&last(id(&hub, 0)))).unwrap();
    let subscription = subscription.notice_policy(NoticePolicy::silent());
    let mut subscription = subscription.filter_events(move |_| {
        *counted.lock().unwrap() += 1;
        false
    });
    // Within a stream and without one.
    let task = Task::default();
    let waker = task.waker();
    let mut cx = Context::from_waker(&waker);
    {
        let mut body = EventStream::new(&mut subscription);
        assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
    }
    let first = *count.lock().unwrap();
    assert!(first <= 1024, "{first}");
    assert!(task.wakes() > 0);
    let polled = futures::Stream::poll_next(Pin::new(&mut subscription), &mut cx);
    assert!(polled.is_pending());
    let second = *count.lock().unwrap() - first;
    assert!(second > 0 && second <= 1024, "{second}");
    assert!(task.wakes() > 0);
    let mut polls = 0;
    while *count.lock().unwrap() < 3000 {
        let polled = futures::Stream::poll_next(Pin::new(&mut subscription), &mut cx);
        assert!(polled.is_pending());
        polls += 1;
        assert!(polls < 3000);
    }
}

#[test]
fn a_slow_filter_yields_after_a_millisecond() {
    let clock = Clock::new();
    let options = tower_sse::ChannelOptions::with_timer(clock.clone());
    let channel = Channel::new(options);
    let mut subscription = channel.subscribe().filter_events(move |_| {
        clock.advance(1);
        false
    });
    publish_numbers(&channel, 1..=100);
    let task = Task::default();
    let waker = task.waker();
    let mut cx = Context::from_waker(&waker);
    for _ in 0..100 / 4 {
        let polled = futures::Stream::poll_next(Pin::new(&mut subscription), &mut cx);
        assert!(polled.is_pending());
        assert!(task.wakes() > 0);
    }
}

#[test]
fn history_without_ids_does_not_move_the_position() {
    let hub = Hub::new(hub_options(9).channel_options(holding(4)));
    fill(&hub, &["h", "h", "h", "h", "a"]);
    let starts = [ChannelStart::resume("a"), ChannelStart::replay("h")];
    let at = last(id(&hub, 5));
    let mut subscription = without_h(hub.resume(starts, Some(&at)).unwrap());
    assert_eq!(blocks(&mut subscription), [""; 0], "no id below 5");
}

#[test]
fn hidden_events_of_a_channel_without_ids_do_not_count() {
    let hub = Hub::new(kinds());
    let subscription = hub.subscribe(["a", "n"]).unwrap();
    let mut subscription = subscription.filter_events(|event| event.channel() == "a");
    fill(&hub, &["n"].repeat(600));
    assert_eq!(blocks(&mut subscription), [""; 0]);
    fill(&hub, &["a"]);
    assert_eq!(blocks(&mut subscription), ["a601#601"]);
}

#[test]
fn an_added_channel_is_filtered_as_well() {
    let hub = hub(9);
    let subscription = hub.subscriber("ada").subscribe(["a"]).unwrap();
    let mut subscription = without_h(subscription);
    fill(&hub, &["h"]);
    hub.subscribers("ada")
        .add(ChannelStart::replay("h"))
        .unwrap();
    fill(&hub, &["h", "a"]);
    let expected = ["channel-added: h", "checkpoint: #2", "a4#4"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn hidden_events_count_from_the_checkpoint_of_an_addition() {
    let hub = Hub::new(hub_options(9).channel_options(holding(8)));
    let subscription = hub.subscriber("ada").subscribe(["h"]).unwrap();
    let mut subscription = without_h(subscription);
    hide(&hub, 3);
    assert_eq!(blocks(&mut subscription), [""; 0]);
    hub.subscribers("ada").add("a").unwrap();
    hide(&hub, 3);
    let added = ["channel-added: a", "checkpoint: #4"];
    assert_eq!(blocks(&mut subscription), added);
    hide(&hub, 1);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #8"]);
}

// Keyed channels.

fn keyed() -> KeyedChannel {
    KeyedChannel::new(options())
}

fn put(channel: &KeyedChannel, key: &str, text: &'static str) {
    channel.publish(key, Event::new(text)).unwrap();
}

#[test]
fn a_keyed_channel_is_filtered_by_key() {
    let channel = keyed();
    let subscription = channel.resume(None);
    let mut subscription = subscription.filter_events(|event| event.key() != Some("hidden"));
    put(&channel, "hidden", "one");
    put(&channel, "shown", "two");
    assert_eq!(blocks(&mut subscription), ["snapshot: #0", "two#2"]);
    channel.remove("hidden").unwrap();
    channel.remove("shown").unwrap();
    assert_eq!(blocks(&mut subscription), ["key-removed: shown#4"]);
}

#[test]
fn a_round_whose_last_event_is_hidden_ends_with_a_checkpoint() {
    let channel = keyed();
    let subscription = channel.resume(None);
    let mut subscription = subscription.filter_events(|event| event.key() != Some("hidden"));
    put(&channel, "shown", "one");
    put(&channel, "hidden", "two");
    let expected = ["snapshot: #0", "one", "checkpoint: #2"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn a_key_whose_newest_event_is_hidden_is_removed_for_the_client_too() {
    let channel = keyed();
    let subscription = channel.resume(None);
    let mut subscription =
        subscription.filter_events(|event| !event.as_bytes().starts_with(b"data: hidden"));
    put(&channel, "a", "shown");
    assert_eq!(blocks(&mut subscription), ["snapshot: #0", "shown#1"]);
    put(&channel, "a", "hidden");
    assert_eq!(blocks(&mut subscription), [""; 0]);
    // The client has the key still.
    channel.remove("a").unwrap();
    assert_eq!(blocks(&mut subscription), ["key-removed: a#3"]);
}

#[test]
fn a_key_that_was_never_shown_is_not_removed_for_the_client() {
    let channel = keyed();
    let subscription = channel.resume(None);
    let mut subscription =
        subscription.filter_events(|event| !event.as_bytes().starts_with(b"data: hidden"));
    put(&channel, "a", "hidden");
    assert_eq!(
        blocks(&mut subscription),
        ["snapshot: #0", "checkpoint: #1"]
    );
    channel.remove("a").unwrap();
    assert_eq!(blocks(&mut subscription), [""; 0]);
}

#[test]
fn hidden_keys_move_the_position_after_256_events() {
    let channel = keyed();
    put(&channel, "a", "one");
    let mut subscription = channel.resume(None).filter_events(|_| false);
    let expected = ["snapshot: #0", "checkpoint: #1"];
    assert_eq!(blocks(&mut subscription), expected);
    let mut got = Vec::new();
    for _ in 0..600 {
        put(&channel, "a", "one");
        got.extend(blocks(&mut subscription));
    }
    assert_eq!(got, ["checkpoint: #257", "checkpoint: #513"]);
}

#[test]
fn a_client_whose_id_is_about_to_be_forgotten_gets_a_checkpoint_when_time_passes() {
    let clock = Clock::new();
    let options = tower_sse::ChannelOptions::with_timer(clock.clone());
    let options = options.notice_policy(NoticePolicy::event());
    let options = options.max_age(Duration::from_millis(10));
    let hub = Hub::new(tower_sse::HubOptions::with_timer(clock.clone()).channel_options(options));
    let mut subscription = filtered(&hub, 0);
    hide(&hub, 1);
    assert_eq!(blocks(&mut subscription), [""; 0]);
    clock.advance(20);
    hide(&hub, 1);
    assert_eq!(blocks(&mut subscription), ["checkpoint: #2"]);
}

#[test]
fn reads_the_wire_of_a_filter_in_one_frame() {
    let hub = hub(9);
    let mut subscription = filtered(&hub, 0);
    hide(&hub, 256);
    fill(&hub, &["a"]);
    assert_eq!(
        blocks_of(&wire(&mut subscription)),
        ["checkpoint: #256", "a257#257"]
    );
}
