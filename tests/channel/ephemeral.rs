//! Channels without ids, without a history, or without both.

use std::{num::NonZeroUsize, time::Duration};

use hyper_util::rt::TokioTimer;
use tower_sse::{
    Channel, ChannelStart, CloseReason, Event, EventStream, Hub, LagPolicy, PublishError,
    Subscription,
};

use crate::{
    blocks::{blocks, fill, id, kinds},
    clock::Clock,
    hub::{channel_in, hub_options},
    served::{Served, silent},
    support::*,
};

fn subscribe(hub: &Hub, names: &[&str]) -> Subscription {
    hub.subscribe(names.iter().copied()).unwrap()
}

fn resume(hub: &Hub, names: &[&str], number: u64) -> Subscription {
    let id = last(id(hub, number));
    hub.resume(names.iter().copied(), Some(&id)).unwrap()
}

#[test]
fn an_event_without_an_id_has_none_on_the_wire() {
    let hub = Hub::new(kinds());
    let mut subscription = subscribe(&hub, &["n", "e"]);
    let published = hub.publish(["n"], &Event::new("one").id(7)).unwrap();
    assert_eq!(parts(&published).1, 1, "it has a number all the same");
    hub.publish(["e"], &Event::new("two")).unwrap();
    let first = next(&mut subscription);
    assert_eq!(first.encoded().as_bytes(), b"data: one\n\n");
    assert_eq!(first.id(), None);
    assert_eq!(wire(&mut subscription), "data: two\n\n");
}

#[test]
fn a_client_of_channels_without_ids_gets_no_id_at_all() {
    let hub = Hub::new(kinds());
    for names in [&["n"][..], &["e"], &["n", "e"]] {
        for start in [
            ChannelStart::resume,
            ChannelStart::live,
            ChannelStart::replay,
        ] {
            let starts = names.iter().copied().map(start);
            let mut subscription = hub.resume(starts, None).unwrap();
            assert!(!wire(&mut subscription).contains("id:"));
        }
    }
    let alone: Channel = Channel::new(options().without_ids());
    assert_eq!(wire(&mut alone.resume(None)), "");
    assert_eq!(wire(&mut alone.replay()), "");
}

#[test]
fn a_channel_without_ids_is_never_resumed_and_has_no_gap() {
    let hub = Hub::new(kinds());
    fill(&hub, &["n", "n"]);
    let numbers = [id(&hub, 0), id(&hub, 1), id(&hub, 2)];
    let ids = numbers.iter().map(|id| id.as_str()).chain(["other-1"]);
    for text in ids {
        let resumed = hub.resume(["n"], Some(&last(text))).unwrap();
        assert!(resumed.gaps().is_empty());
        let mut resumed = resumed;
        assert_eq!(wire(&mut resumed), "");
    }
    let channel: Channel = channel_in(&hub, "n");
    assert!(channel.try_resume(&last("other-1")).is_ok());
    assert_eq!(wire(&mut channel.replay()), "data: n1\n\ndata: n2\n\n");
}

#[test]
fn channels_with_and_without_ids_come_in_order() {
    let hub = Hub::new(kinds());
    let mut subscription = subscribe(&hub, &["n", "a", "e"]);
    fill(&hub, &["n", "a", "e", "n", "a", "e"]);
    let expected = ["n1", "a2#2", "e3", "n4", "a5#5", "e6"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn a_client_resumes_by_the_ids_of_the_channels_that_have_them() {
    let hub = Hub::new(kinds());
    fill(&hub, &["a", "n", "a", "e", "a"]);
    let mut subscription = resume(&hub, &["a", "n", "e"], 1);
    fill(&hub, &["e", "a", "n"]);
    let expected = ["a3#3", "a5#5", "e6", "a7#7", "n8"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn an_event_of_channels_with_and_without_ids_comes_once_with_its_id() {
    let hub = Hub::new(kinds());
    for names in [["a", "e"], ["e", "a"], ["n", "a"], ["a", "n"]] {
        for to in [names, [names[1], names[0]]] {
            let mut both = subscribe(&hub, &names);
            let mut each = names.map(|name| subscribe(&hub, &[name]));
            let number = parts(&hub.publish(to, &Event::new("x")).unwrap()).1;
            assert_eq!(blocks(&mut both), [format!("x#{number}")]);
            for (one, name) in each.iter_mut().zip(names) {
                let with = if name == "a" {
                    &*format!("x#{number}")
                } else {
                    "x"
                };
                assert_eq!(blocks(one), [with]);
            }
        }
    }
}

#[test]
fn a_shared_event_comes_once_though_one_log_has_evicted_it() {
    let hub = Hub::new(hub_options(9).each(|name, options| match name {
        "n" => options.without_ids().max_events(NonZeroUsize::MIN),
        _ => options,
    }));
    let mut subscription = subscribe(&hub, &["a", "n"]);
    hub.publish(["a", "n"], &Event::new("x")).unwrap();
    fill(&hub, &["n"]);
    assert_eq!(blocks(&mut subscription), ["x#1", "n2"]);
    assert_eq!(subscription.missed(), 1, "as far as that log knows");
}

#[test]
fn a_lag_of_a_channel_without_ids_is_only_counted() {
    let hub = Hub::new(kinds());
    let mut subscription = subscribe(&hub, &["e", "a"]);
    fill(&hub, &["a"]);
    fill(&hub, &["e"].repeat(70));
    fill(&hub, &["a"]);
    let got = blocks(&mut subscription);
    assert_eq!(got.len(), 64 + 2);
    assert_eq!(got[..2], ["a1#1", "e8"]);
    assert_eq!(got.last().unwrap(), "a72#72");
    assert_eq!(subscription.missed(), 6);
    assert!(is_waiting(&mut subscription));
    assert_eq!(subscription.close_reason(), None);
}

#[test]
fn a_summary_counts_what_a_client_of_a_channel_without_ids_has_missed() {
    let hub = Hub::new(kinds());
    let subscription = subscribe(&hub, &["e"]);
    fill(&hub, &["e"].repeat(70));
    let mut served = Served::new(silent(TokioTimer::new()), EventStream::new(subscription));
    let (seen, is_ended) = served.read();
    assert_eq!((seen.len(), is_ended), (64, false));
    let summary = served.leave();
    assert_eq!(summary.missed, 6);
    assert_eq!(summary.reason, CloseReason::ClientGone);
}

#[test]
fn a_lag_policy_of_a_channel_without_ids_applies() {
    let with = |lag| Channel::new(holding(2).without_ids().lag_policy(lag));
    let notifying = with(LagPolicy::notify());
    let mut subscription = notifying.subscribe();
    publish_numbers(&notifying, 1..=5);
    assert_eq!(blocks(&mut subscription), ["lagged: 3", "4", "5"]);
    let newest = with(LagPolicy::newest());
    let mut subscription = newest.subscribe();
    publish_numbers(&newest, 1..=5);
    assert_eq!(blocks(&mut subscription), ["5"]);
    assert_eq!(subscription.missed(), 4);
    let custom = with(LagPolicy::notify_with(|missed| {
        Event::new(format!("{missed} missed")).id(1)
    }));
    let mut subscription = custom.subscribe();
    publish_numbers(&custom, 1..=5);
    assert_eq!(blocks(&mut subscription), ["3 missed", "4", "5"]);
}

#[test]
fn a_lag_of_one_channel_does_not_end_the_feed_of_another() {
    let hub = Hub::new(hub_options(9).each(|name, options| match name {
        "n" => options.without_ids().max_events(NonZeroUsize::MIN),
        _ => options.max_events(NonZeroUsize::new(2).unwrap()),
    }));
    let mut subscription = subscribe(&hub, &["a", "n"]);
    fill(&hub, &["n", "n", "a"]);
    assert_eq!(blocks(&mut subscription), ["n2", "a3#3"]);
    fill(&hub, &["a", "a", "a"]);
    assert!(has_lagged(&mut subscription));
}

#[test]
fn a_new_subscriber_of_a_channel_without_history_gets_later_events_alone() {
    let hub = Hub::new(kinds());
    for name in ["w", "e"] {
        let mut there = subscribe(&hub, &[name]);
        fill(&hub, &[name, name]);
        let mut starts = [
            ChannelStart::replay(name),
            ChannelStart::live(name),
            ChannelStart::resume(name),
        ]
        .map(|start| hub.subscribe([start]).unwrap());
        fill(&hub, &[name]);
        assert_eq!(blocks(&mut there).len(), 3);
        for later in &mut starts {
            assert_eq!(blocks(later).len(), 1);
        }
    }
}

#[test]
fn a_client_of_a_channel_without_history_has_a_gap_if_something_was_published() {
    let hub = Hub::new(kinds());
    fill(&hub, &["w", "a"]);
    assert!(resume(&hub, &["w"], 1).gaps().is_empty());
    assert!(resume(&hub, &["w", "a"], 2).gaps().is_empty());
    assert_eq!(resume(&hub, &["w"], 0).gaps().len(), 1);
    let mut resumed = resume(&hub, &["w"], 1);
    fill(&hub, &["w"]);
    assert_eq!(blocks(&mut resumed), ["w3#3"]);
    let mut resumed = resume(&hub, &["w", "a"], 1);
    let [gap] = resumed.gaps() else {
        panic!("{:?}", resumed.gaps());
    };
    assert_eq!((&*gap.channel, gap.is_known), ("w", true));
    assert_eq!((gap.oldest.clone(), gap.until.clone()), (None, id(&hub, 4)));
    // The event of a is not acknowledged before it is sent.
    assert_eq!(blocks(&mut resumed), ["gap: |w#1", "a2#2"]);
    fill(&hub, &["w"]);
    assert_eq!(blocks(&mut resumed), ["w4#4"]);
}

#[test]
fn a_gap_of_a_channel_without_history_is_reported_once() {
    let hub = Hub::new(kinds());
    fill(&hub, &["w", "w"]);
    let mut resumed = resume(&hub, &["w"], 1);
    assert_eq!(blocks(&mut resumed), ["gap: |w#2"]);
    assert!(resume(&hub, &["w"], 2).gaps().is_empty());
}

#[test]
fn a_slow_subscriber_of_a_channel_without_history_gets_what_it_is_owed() {
    let hub = Hub::new(kinds());
    let mut subscription = subscribe(&hub, &["w"]);
    fill(&hub, &["w", "w", "w"]);
    let _newer = subscribe(&hub, &["w"]);
    fill(&hub, &["w"]);
    assert_eq!(blocks(&mut subscription), ["w1#1", "w2#2", "w3#3", "w4#4"]);
}

#[test]
fn an_ephemeral_channel_holds_64_events_and_256_kib() {
    let channel = Channel::new(options().ephemeral());
    let mut subscription = channel.subscribe();
    publish_numbers(&channel, 1..=65);
    assert_eq!(texts(&mut subscription).len(), 64);
    assert_eq!(subscription.missed(), 1);
    let text = "x".repeat(256 << 10);
    let error = channel.publish(Event::new(text)).unwrap_err();
    assert!(matches!(error, PublishError::TooLarge { max: 262_144, .. }));
    let half = "x".repeat(128 << 10);
    for _ in 0..2 {
        channel.publish(Event::new(half.clone())).unwrap();
    }
    assert_eq!(texts(&mut subscription).len(), 1);
    assert_eq!(subscription.missed(), 2);
}

/// Nothing that it retains is of use to another subscriber.
#[test]
fn a_channel_without_history_is_removed_when_its_subscribers_have_left() {
    for name in ["e", "w"] {
        let clock = Clock::new();
        let options = tower_sse::HubOptions::with_timer(clock.clone());
        let options = options.each(|name, options| match name {
            "e" => options.ephemeral(),
            _ => options.without_history(),
        });
        let hub = Hub::new(options.linger(Duration::from_secs(1)));
        let subscription = subscribe(&hub, &[name]);
        fill(&hub, &[name]);
        drop(subscription);
        assert_eq!(hub.len(), 1);
        clock.advance(1_001);
        assert_eq!(hub.len(), 0, "{name}");
        let gaps = resume(&hub, &[name], 0).gaps().len();
        assert_eq!(gaps, usize::from(name == "w"));
        assert!(resume(&hub, &[name], 1).gaps().is_empty());
    }
}

#[test]
fn a_channel_without_ids_that_is_removed_leaves_no_gap() {
    let hub = Hub::new(kinds().max_channels(NonZeroUsize::MIN));
    fill(&hub, &["n"]);
    fill(&hub, &["a"]);
    assert_eq!(hub.len(), 1);
    assert!(resume(&hub, &["n"], 0).gaps().is_empty());
}
