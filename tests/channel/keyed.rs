//! Keyed channels: the newest event for each key.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    task::{Context, Poll},
    thread,
    time::Duration,
};

use futures::{StreamExt, executor::block_on};
use tower_sse::{
    ChannelError, ChannelEvent, ChannelOptions, ChannelStart, CloseReason, Event, Hub, HubOptions,
    KeyPolicy, KeyedChannel, PublishError, Subscription,
};

use crate::{
    blocks::{blocks, fill, id, keyed_id, kinds},
    clock::Clock,
    hub::{channel_in, close},
    support::*,
    task::Task,
};

fn holding_keys(keys: usize, policy: KeyPolicy) -> ChannelOptions {
    options().keyed(NonZeroUsize::new(keys).unwrap(), policy)
}

fn keyed() -> KeyedChannel {
    KeyedChannel::new(options())
}

fn keyed_in(hub: &Hub, name: &str) -> KeyedChannel {
    hub.keyed_channel(name).unwrap()
}

/// Publishes events whose data is the key and the number.
fn put(channel: &KeyedChannel, keys: &[&str]) {
    for key in keys {
        let number = parts(&channel.last_id()).1 + 1;
        let event = Event::new(format!("{key}{number}"));
        channel.publish(key, event).unwrap();
    }
}

/// Publishes an event for a key of a hub's channel, whose data is the key.
fn put_in(hub: &Hub, key: &str) {
    let event = Event::new(key.to_owned());
    keyed_in(hub, "k").publish(key, event).unwrap();
}

fn keys(channel: &KeyedChannel) -> Vec<String> {
    let keys = channel.keys();
    keys.iter().map(|key| (**key).to_owned()).collect()
}

/// Resumes after the event with this number.
fn resume_at(channel: &KeyedChannel, number: u64) -> Subscription {
    channel.resume(Some(&last(
        sibling(&channel.last_id(), number).replace('-', "."),
    )))
}

/// Returns the next event. A subscription that always has one yields now and then.
fn read(subscription: &mut Subscription) -> ChannelEvent {
    loop {
        if let Poll::Ready(event) = poll(subscription) {
            return event.unwrap();
        }
    }
}

#[test]
fn a_snapshot_has_the_newest_event_of_each_key() {
    let channel = keyed();
    put(&channel, &["a", "b", "a", "c", "b"]);
    let mut subscription = channel.resume(None);
    let expected = ["snapshot: #0", "a3", "c4", "b5#5"];
    assert_eq!(blocks(&mut subscription), expected);
    assert_eq!(keys(&channel), ["a", "c", "b"]);
    assert_eq!((channel.len(), channel.is_empty()), (3, false));
}

#[test]
fn changes_follow_the_snapshot() {
    let channel = keyed();
    let mut subscription = channel.resume(None);
    assert_eq!(blocks(&mut subscription), ["snapshot: #0"]);
    put(&channel, &["a"]);
    assert_eq!(blocks(&mut subscription), ["a1#1"]);
    put(&channel, &["b", "a", "b"]);
    assert_eq!(blocks(&mut subscription), ["a3", "b4#4"]);
}

#[test]
fn a_subscriber_without_a_snapshot_gets_changes_alone() {
    let channel = keyed();
    put(&channel, &["a"]);
    let mut subscription = channel.subscribe();
    put(&channel, &["b"]);
    assert_eq!(blocks(&mut subscription), ["b2#2"]);
    channel.remove("a").unwrap();
    assert_eq!(blocks(&mut subscription), ["key-removed: a#3"]);
}

#[test]
fn a_removed_key_is_an_event() {
    let channel = keyed();
    put(&channel, &["a", "b"]);
    let mut subscription = channel.resume(None);
    let _ = wire(&mut subscription);
    let removed = channel.remove("a").unwrap().unwrap();
    assert_eq!(parts(&removed).1, 3);
    assert_eq!(channel.remove("a").unwrap(), None);
    assert_eq!(channel.remove("never").unwrap(), None);
    assert_eq!(blocks(&mut subscription), ["key-removed: a#3"]);
    assert_eq!(keys(&channel), ["b"]);
    let mut snapshot = channel.resume(None);
    assert_eq!(blocks(&mut snapshot), ["snapshot: #0", "b2#2"]);
}

#[test]
fn a_key_that_was_removed_and_came_back_is_there() {
    let channel = keyed();
    put(&channel, &["a"]);
    let mut subscription = channel.resume(None);
    let _ = wire(&mut subscription);
    channel.remove("a").unwrap();
    put(&channel, &["a"]);
    assert_eq!(blocks(&mut subscription), ["a3#3"]);
}

#[test]
fn a_key_that_came_and_went_between_two_polls_is_not_there() {
    let channel = keyed();
    let mut subscription = channel.resume(None);
    let _ = wire(&mut subscription);
    put(&channel, &["a", "b"]);
    channel.remove("a").unwrap();
    let got = blocks(&mut subscription);
    assert_eq!(got[0], "b2#2");
    assert!(
        !got.iter().any(|block| block.contains("removed")),
        "{got:?}"
    );
}

#[test]
fn the_program_makes_the_event_of_a_removal() {
    let options = options().removal_event(|key| Event::new(format!("no {key}")).id(7));
    let channel = KeyedChannel::new(options);
    put(&channel, &["a"]);
    let mut subscription = channel.resume(None);
    let _ = wire(&mut subscription);
    channel.remove("a").unwrap();
    assert_eq!(blocks(&mut subscription), ["no a#2"]);
}

#[test]
fn a_first_visit_has_no_id_of_what_it_has_not_got() {
    let channel = keyed();
    put(&channel, &["a", "b"]);
    let mut subscription = channel.resume(None);
    assert_eq!(
        next(&mut subscription).id(),
        Some(
            sibling(&channel.last_id(), 0)
                .replace('-', ".")
                .try_into()
                .unwrap()
        )
    );
    assert_eq!(next(&mut subscription).id(), None);
    assert_eq!(next(&mut subscription).id(), Some(channel.last_id()));
}

#[test]
fn an_event_before_a_snapshot_acknowledges_nothing_of_it() {
    let hub = Hub::new(kinds());
    put_in(&hub, "a");
    for start in [ChannelStart::resume("k"), ChannelStart::replay("k")] {
        for id in [None, Some(last("other-1"))] {
            let subscription = hub.resume([start.clone()], id.as_ref()).unwrap();
            let mut subscription = subscription.start_with(Event::new("hello"));
            assert_eq!(
                blocks(&mut subscription),
                ["hello#0", "snapshot: k#0", "a#1"]
            );
        }
    }
    let subscription = hub.subscribe(["k"]).unwrap();
    let mut subscription = subscription.start_with(Event::new("hello"));
    assert_eq!(
        blocks(&mut subscription),
        ["hello#0", "snapshot: k#0", "a#1"]
    );
}

#[test]
fn a_client_resumes_with_the_keys_that_have_changed() {
    let channel = keyed();
    put(&channel, &["a", "b", "c"]);
    channel.remove("c").unwrap();
    put(&channel, &["b"]);
    for (number, expected) in [
        (5, &[][..]),
        (4, &["b5#5"]),
        (3, &["key-removed: c", "b5#5"]),
        (1, &["key-removed: c", "b5#5"]),
        (0, &["key-removed: c", "a1", "b5#5"]),
    ] {
        assert_eq!(
            blocks(&mut resume_at(&channel, number)),
            expected,
            "{number}"
        );
    }
}

#[test]
fn a_client_with_an_unknown_id_gets_a_snapshot() {
    let channel = keyed();
    put(&channel, &["a"]);
    for id in [
        "other-1",
        &*sibling(&channel.last_id(), 9).replace('-', "."),
    ] {
        let mut subscription = channel.resume(Some(&last(id)));
        assert!(subscription.gaps().is_empty());
        assert_eq!(blocks(&mut subscription), ["snapshot: #0", "a1#1"]);
    }
}

#[test]
fn a_client_whose_removals_are_forgotten_gets_a_snapshot() {
    let channel = KeyedChannel::new(holding_keys(2, KeyPolicy::reject()));
    put(&channel, &["a", "b"]);
    for key in ["a", "b"] {
        channel.remove(key).unwrap();
    }
    put(&channel, &["c"]);
    let expected = ["key-removed: a", "key-removed: b", "c5#5"];
    assert_eq!(blocks(&mut resume_at(&channel, 2)), expected);
    // Now the removal of a is forgotten.
    channel.remove("c").unwrap();
    assert_eq!(
        blocks(&mut resume_at(&channel, 3)),
        ["key-removed: b", "key-removed: c#6"]
    );
    let restarted = blocks(&mut resume_at(&channel, 2));
    assert_eq!(restarted, ["snapshot: #0", "checkpoint: #6"]);
}

#[test]
fn a_reader_is_not_restarted_by_removals_of_keys_that_it_has() {
    let channel = KeyedChannel::new(holding_keys(2, KeyPolicy::reject()));
    let mut subscription = channel.resume(None);
    put(&channel, &["a", "b"]);
    let _ = wire(&mut subscription);
    for key in ["a", "b"] {
        channel.remove(key).unwrap();
    }
    put(&channel, &["c"]);
    channel.remove("c").unwrap();
    let got = blocks(&mut subscription);
    // The removal of a is forgotten, and sent all the same. The client has never had c.
    assert_eq!(got, ["key-removed: a", "key-removed: b#4"]);
}

#[test]
fn a_reader_that_has_resumed_is_restarted_when_removals_are_forgotten() {
    let channel = KeyedChannel::new(holding_keys(1, KeyPolicy::reject()));
    put(&channel, &["a"]);
    let mut subscription = resume_at(&channel, 1);
    channel.remove("a").unwrap();
    put(&channel, &["b"]);
    channel.remove("b").unwrap();
    put(&channel, &["c"]);
    assert_eq!(blocks(&mut subscription), ["snapshot: #0", "c5#5"]);
}

#[test]
fn a_snapshot_begins_after_a_position() {
    let hub = Hub::new(kinds());
    let channel = keyed_in(&hub, "k");
    put(&channel, &["a", "b", "c"]);
    let since = |number| ChannelStart::since("k", id(&hub, number));
    let mut subscription = hub.resume([since(1)], None).unwrap();
    assert_eq!(blocks(&mut subscription), ["snapshot: k#1", "b2", "c3#3"]);
    let higher = last(keyed_id(&hub, 2));
    let mut subscription = hub.resume([since(1)], Some(&higher)).unwrap();
    assert_eq!(blocks(&mut subscription), ["c3#3"]);
    let lower = last(keyed_id(&hub, 0));
    let mut subscription = hub.resume([since(1)], Some(&lower)).unwrap();
    assert_eq!(blocks(&mut subscription), ["snapshot: k#1", "b2", "c3#3"]);
    channel.remove("a").unwrap();
    assert_eq!(
        blocks(&mut subscription),
        ["checkpoint: #4"][..0],
        "it never had a"
    );
}

#[test]
fn other_starts_of_a_keyed_channel() {
    let hub = Hub::new(kinds());
    put(&keyed_in(&hub, "k"), &["a", "b"]);
    let at = last(keyed_id(&hub, 1));
    let mut live = hub.resume([ChannelStart::live("k")], Some(&at)).unwrap();
    assert_eq!(blocks(&mut live), [""; 0]);
    let mut first = hub.resume([ChannelStart::live("k")], None).unwrap();
    assert_eq!(blocks(&mut first), ["checkpoint: #2"]);
    let mut replay = hub.resume([ChannelStart::replay("k")], Some(&at)).unwrap();
    assert_eq!(blocks(&mut replay), ["snapshot: k#0", "a1", "b2#2"]);
    let mut resumed = hub.resume(["k"], Some(&at)).unwrap();
    assert_eq!(blocks(&mut resumed), ["b2#2"]);
    put(&keyed_in(&hub, "k"), &["a"]);
    for subscription in [&mut live, &mut first, &mut replay, &mut resumed] {
        assert_eq!(blocks(subscription), ["a3#3"]);
    }
}

#[test]
fn a_snapshot_precedes_the_id_of_its_addition() {
    let hub = Hub::new(kinds());
    put_in(&hub, "a");
    let added_at = hub.subscribers("nobody").add("k").unwrap();
    put_in(&hub, "b");
    for id in [None, Some(last(keyed_id(&hub, 1)))] {
        let start = ChannelStart::replay("k").added_at(added_at.clone());
        let mut subscription = hub.resume([start], id.as_ref()).unwrap();
        let expected = [
            "channel-added: k",
            "snapshot: k#0",
            "a",
            "b#3",
            "checkpoint: #3",
        ];
        assert_eq!(blocks(&mut subscription), expected);
    }
    let start = ChannelStart::replay("k").added_at(added_at.clone());
    let added_at = added_at.as_str().replace('-', ".");
    let mut subscription = hub.resume([start], Some(&last(added_at))).unwrap();
    assert_eq!(blocks(&mut subscription), ["b#3"]);
}

#[test]
fn a_snapshot_precedes_the_id_of_its_addition_to_an_open_subscription() {
    let hub = Hub::new(kinds());
    let none = [""; 0];
    let mut subscription = hub.subscriber("ada").subscribe(none).unwrap();
    put_in(&hub, "a");
    hub.subscribers("ada").add("k").unwrap();
    let got = blocks(&mut subscription);
    assert_eq!(got[..3], ["channel-added: k", "snapshot: k#0", "a#1"]);
    assert_eq!(got[3..], ["checkpoint: #2"]);
}

#[test]
fn an_id_before_the_snapshot_of_an_addition_acknowledges_nothing_of_it() {
    let hub = Hub::new(kinds());
    put_in(&hub, "a");
    let mut subscription = hub.subscriber("ada").resume([""; 0], None).unwrap();
    hub.subscribers("ada").add("k").unwrap();
    let got = blocks(&mut subscription);
    assert_eq!(got[..2], ["checkpoint: #0", "channel-added: k"]);
    assert_eq!(got[2..], ["snapshot: k#0", "a#1", "checkpoint: #2"]);
}

#[test]
fn an_id_of_a_keyed_channel_alone_says_nothing_about_others() {
    let hub = Hub::new(kinds());
    fill(&hub, &["w"]);
    let added_at = hub.subscribers("ada").add("a").unwrap();
    put_in(&hub, "key");
    let alone = last(keyed_id(&hub, 3));
    let starts = [ChannelStart::live("a").added_at(added_at), "k".into()];
    let got = blocks(&mut hub.resume(starts, Some(&alone)).unwrap());
    let expected = ["channel-added: a", "snapshot: k", "key", "checkpoint: #3"];
    assert_eq!(got, expected);
}

#[test]
fn an_addition_beside_others_begins_with_a_snapshot_without_ids() {
    let hub = Hub::new(kinds());
    put_in(&hub, "a");
    let mut subscription = hub.subscriber("ada").subscribe(["w"]).unwrap();
    hub.subscribers("ada").add("k").unwrap();
    fill(&hub, &["w"]);
    let mut got = blocks(&mut subscription);
    assert_eq!(got.remove(0), "channel-added: k");
    got.sort();
    assert_eq!(got, ["a", "checkpoint: #2", "snapshot: k", "w3#3"]);
    hub.subscribers("ada").remove("k");
    put_in(&hub, "b");
    assert_eq!(blocks(&mut subscription), ["channel-removed: k"]);
    assert_eq!(keyed_in(&hub, "k").subscriber_count(), 0);
}

#[test]
fn a_keyed_channel_beside_others_has_no_ids() {
    let hub = Hub::new(kinds());
    put_in(&hub, "a");
    fill(&hub, &["w"]);
    put_in(&hub, "b");
    let at = last(keyed_id(&hub, 3));
    for id in [None, Some(&at)] {
        let mut subscription = hub.resume(["k", "a"], id).unwrap();
        let mut got = blocks(&mut subscription);
        got.retain(|block| !block.starts_with("checkpoint") && !block.contains('#'));
        got.sort();
        assert_eq!(got, ["a", "b", "snapshot: k"]);
        fill(&hub, &["a"]);
        put_in(&hub, "a");
        keyed_in(&hub, "k").remove("a").unwrap();
        put_in(&hub, "a");
        let mut got = blocks(&mut subscription);
        got.sort();
        assert_eq!(got[0], "a");
        assert!(got[1].starts_with("a") && got[1].contains('#'), "{got:?}");
        assert_eq!(got.len(), 2);
    }
}

#[test]
fn two_keyed_channels_have_no_ids() {
    let hub = Hub::new(kinds());
    for name in ["k1", "k2"] {
        put(&keyed_in(&hub, name), &["a"]);
    }
    let mut subscription = hub.resume(["k1", "k2"], None).unwrap();
    let mut got = blocks(&mut subscription);
    got.sort();
    assert_eq!(got, ["a1", "a1", "snapshot: k1", "snapshot: k2"]);
}

#[test]
fn a_keyed_channel_may_have_no_ids_at_all() {
    let channel = KeyedChannel::new(options().without_ids());
    put(&channel, &["a", "b"]);
    let mut subscription = channel.resume(Some(&last(channel.last_id())));
    assert_eq!(blocks(&mut subscription), ["snapshot: ", "a1", "b2"]);
    channel.remove("a").unwrap();
    assert_eq!(blocks(&mut subscription), ["key-removed: a"]);
}

#[test]
fn a_keyed_and_a_busy_channel_take_turns() {
    let hub = Hub::new(kinds());
    let names = ["k", "a"];
    let mut subscription = hub.subscribe(names).unwrap();
    let mut got = [0_u32, 0];
    // Both publish more than is read.
    for turn in 0..200 {
        for key in ["x", "y", "z"] {
            let event = Event::new("keyed");
            keyed_in(&hub, "k").publish(key, event).unwrap();
        }
        fill(&hub, &["a", "a"]);
        let event = read(&mut subscription);
        let is_keyed = event.id().is_none();
        got[usize::from(is_keyed)] += 1;
        assert!(got[0].abs_diff(got[1]) <= 2, "after {turn}: {got:?}");
    }
}

#[test]
fn several_keyed_channels_take_turns() {
    let hub = Hub::new(kinds());
    let names = ["k1", "k2", "k3"];
    let mut subscription = hub.subscribe(names).unwrap();
    let mut got = [0_u32; 3];
    for _ in 0..300 {
        for name in names {
            for key in ["x", "y"] {
                let event = Event::new(name);
                keyed_in(&hub, name).publish(key, event).unwrap();
            }
        }
        let event = read(&mut subscription);
        let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
        let at = names
            .iter()
            .position(|name| text == format!("data: {name}\n\n"));
        if let Some(at) = at {
            got[at] += 1;
        }
    }
    assert!(got.iter().all(|count| *count >= 90), "{got:?}");
}

/// One key changes 1,000 times a second among 500 that change ten times a second. A reader takes 100 events
/// a second.
#[test]
fn every_key_is_read_once_in_a_round_however_often_one_changes() {
    let channel = KeyedChannel::<str>::new(options());
    let names: Vec<_> = (0..500).map(|key| key.to_string()).collect();
    let put = |key: &str| drop(channel.publish(key, key).unwrap());
    names.iter().for_each(|key| put(key));
    let mut subscription = channel.resume(None);
    let _ = read(&mut subscription);
    let (mut counts, mut others) = (BTreeMap::<String, u32>::new(), names.iter().cycle());
    for millisecond in 0..60_000 {
        put("hot");
        others.by_ref().take(5).for_each(|key| put(key));
        if millisecond % 10 == 0 {
            let event = read(&mut subscription);
            let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
            let key = text.lines().next().unwrap().strip_prefix("data: ");
            if let Some(key) = key.filter(|key| !key.is_empty()) {
                *counts.entry(key.to_owned()).or_default() += 1;
            }
        }
    }
    assert_eq!(counts.len(), 501);
    assert!(
        counts.values().all(|count| [11, 12].contains(count)),
        "{counts:?}"
    );
}

#[test]
fn a_reader_yields_among_keys_that_are_gone() {
    let channel = keyed();
    let keys: Vec<_> = (0..5000).map(|key| key.to_string()).collect();
    for key in &keys {
        channel.publish(key, Event::new("x")).unwrap();
    }
    let mut subscription = channel.resume(None);
    let _snapshot_and_first = (read(&mut subscription), read(&mut subscription));
    for key in &keys {
        channel.remove(key).unwrap();
    }
    let task = Task::default();
    let polled = subscription.poll_next_unpin(&mut Context::from_waker(&task.waker()));
    assert!(polled.is_pending());
    assert!(task.wakes() > 0);
}

#[test]
fn a_full_channel_rejects_a_new_key() {
    let channel = KeyedChannel::new(holding_keys(2, KeyPolicy::reject()));
    put(&channel, &["a", "b"]);
    let error = channel.publish("c", Event::new("c")).unwrap_err();
    assert!(matches!(error, PublishError::Full));
    assert_eq!(error.to_string(), "the channel has no room for another key");
    assert_eq!(parts(&channel.last_id()).1, 2, "nothing has changed");
    put(&channel, &["a"]);
    channel.remove("b").unwrap();
    put(&channel, &["c"]);
    assert_eq!(keys(&channel), ["a", "c"]);
}

#[test]
fn a_full_channel_removes_the_oldest_key() {
    let channel = KeyedChannel::new(holding_keys(2, KeyPolicy::remove_oldest()));
    put(&channel, &["a", "b", "a"]);
    let mut subscription = channel.resume(None);
    let _ = wire(&mut subscription);
    let number = channel.publish("c", Event::new("c")).unwrap();
    assert_eq!(parts(&number).1, 5, "the removal has a number as well");
    assert_eq!(blocks(&mut subscription), ["key-removed: b", "c#5"]);
    assert_eq!(keys(&channel), ["a", "c"]);
}

/// An event takes its key and both of its forms: 1 + 63 + 63 + the id.
fn long(channel: &KeyedChannel, key: &str, len: usize) -> Result<tower_sse::EventId, PublishError> {
    channel.publish(key, Event::new("x".repeat(len)))
}

#[test]
fn the_bytes_of_a_channel_are_bounded() {
    let bytes = |policy| KeyedChannel::new(holding_keys(100, policy).max_bytes(400));
    let rejecting = bytes(KeyPolicy::reject());
    for key in ["a", "b"] {
        long(&rejecting, key, 50).unwrap();
    }
    assert!(matches!(long(&rejecting, "c", 60), Err(PublishError::Full)));
    assert!(matches!(
        long(&rejecting, "a", 125),
        Err(PublishError::Full)
    ));
    assert!(matches!(
        long(&rejecting, "c", 500),
        Err(PublishError::TooLarge { .. })
    ));
    long(&rejecting, "a", 60).unwrap();
    let removing = bytes(KeyPolicy::remove_oldest());
    for key in ["a", "b"] {
        long(&removing, key, 50).unwrap();
    }
    long(&removing, "c", 60).unwrap();
    assert_eq!(keys(&removing), ["b", "c"]);
    long(&removing, "b", 150).unwrap();
    assert_eq!(keys(&removing), ["b"]);
    assert!(matches!(
        long(&removing, "c", 500),
        Err(PublishError::TooLarge { .. })
    ));
    assert_eq!(keys(&removing), ["b"]);
}

#[test]
fn the_bytes_of_a_hub_bound_its_keyed_channels() {
    let hub = |policy| {
        let options = kinds().each(move |name, options| match &name[..1] {
            "k" => options.keyed(100.try_into().unwrap(), policy),
            _ => options,
        });
        Hub::new(options.max_bytes(500))
    };
    for policy in [KeyPolicy::reject(), KeyPolicy::remove_oldest()] {
        let hub = hub(policy);
        let [one, two] = ["k1", "k2"].map(|name| keyed_in(&hub, name));
        let window = channel_in(&hub, "a");
        window.publish(Event::new("x".repeat(50))).unwrap();
        for key in ["a", "b"] {
            long(&one, key, 50).unwrap();
        }
        long(&two, "c", 80).unwrap();
        assert_eq!(
            texts(&mut window.replay()).len(),
            1,
            "a checkpoint: it has made room"
        );
        assert_eq!(seen(&mut window.replay())[0][0], "checkpoint");
        let full = long(&two, "d", 50);
        match policy == KeyPolicy::reject() {
            true => assert!(matches!(full, Err(PublishError::Full))),
            // The keys of the other channel stay.
            false => assert_eq!((full.is_ok(), keys(&two)), (true, vec!["d".to_owned()])),
        }
        assert_eq!(keys(&one), ["a", "b"]);
    }
}

#[test]
fn forgotten_removals_make_room_in_the_hub() {
    let hub = Hub::new(kinds().max_bytes(100));
    let channel = keyed_in(&hub, "k");
    for number in 0..50 {
        let key = format!("a-long-key-with-a-number-{number}");
        channel.publish(&key, Event::new("x")).unwrap();
        channel.remove(&key).unwrap();
    }
    assert!(channel.is_empty());
    let mut subscription = resume_at(&channel, 1);
    assert_eq!(blocks(&mut subscription)[0], "snapshot: k#0");
}

#[test]
fn keys_are_checked() {
    let channel = keyed();
    for key in ["", "a\nb", &"x".repeat(256)] {
        let error = channel.publish(key, Event::new("one")).unwrap_err();
        assert!(matches!(error, PublishError::Key(_)));
        assert_eq!(channel.remove(key).unwrap(), None);
    }
    put(&channel, &[&"x".repeat(255), "ä b"]);
    assert_eq!(channel.len(), 2);
}

#[test]
fn a_hub_keeps_keyed_and_other_channels_apart() {
    let hub = Hub::new(kinds());
    let channel = keyed_in(&hub, "k");
    assert_eq!(channel.name(), "k");
    assert_eq!(hub.channel::<Event>("k").unwrap_err(), ChannelError::Keyed);
    assert!(hub.get::<Event>("k").is_none());
    let error = hub.keyed_channel::<Event>("a").unwrap_err();
    assert_eq!(error, ChannelError::NotKeyed);
    for names in [&["k"][..], &["a", "k"]] {
        let error = hub.publish(names, &Event::new("one")).unwrap_err();
        assert!(matches!(error, PublishError::Channel(ChannelError::Keyed)));
    }
    assert_eq!(parts(&hub.last_id()).1, 0);
}

#[test]
fn a_closed_channel_ends_after_its_keys() {
    let channel = keyed();
    put(&channel, &["a", "b"]);
    let mut subscription = channel.resume(None);
    channel.close();
    assert!(channel.is_closed());
    assert!(matches!(
        channel.publish("a", Event::new("one")),
        Err(PublishError::Closed)
    ));
    assert!(matches!(channel.remove("a"), Err(PublishError::Closed)));
    assert_eq!(blocks(&mut subscription), ["snapshot: #0", "a1", "b2#2"]);
    assert_eq!(subscription.close_reason(), Some(CloseReason::Completed));
    assert_eq!(channel.subscriber_count(), 0);
    let mut later = channel.resume(None);
    assert_eq!(blocks(&mut later), ["snapshot: #0", "a1", "b2#2"]);
    assert!(is_ended(&mut later));
}

#[test]
fn a_client_of_a_channel_that_was_made_anew_forgets_its_keys() {
    let hub = Hub::new(kinds());
    put_in(&hub, "a");
    let mut subscription = hub.resume(["k"], None).unwrap();
    assert_eq!(blocks(&mut subscription), ["snapshot: k#0", "a#1"]);
    keyed_in(&hub, "k").close();
    let at = last(keyed_id(&hub, 1));
    let mut resumed = hub.resume(["k"], Some(&at)).unwrap();
    assert_eq!(blocks(&mut resumed)[0], "snapshot: k#0");
    put_in(&hub, "b");
    assert_eq!(blocks(&mut resumed), ["b#2"]);
    assert!(is_waiting(&mut resumed));
    let mut again = hub.resume(["k"], Some(&last(keyed_id(&hub, 2)))).unwrap();
    assert_eq!(blocks(&mut again), [""; 0]);
}

#[test]
fn a_client_of_a_channel_that_was_removed_for_room_forgets_its_keys() {
    let hub = Hub::new(kinds().max_channels(NonZeroUsize::MIN));
    put_in(&hub, "a");
    fill(&hub, &["w"]);
    assert_eq!(hub.len(), 1);
    // Both as far as the channel goes and as far as the hub.
    for number in [1, 2] {
        let at = last(keyed_id(&hub, number));
        let mut resumed = hub.resume(["k"], Some(&at)).unwrap();
        assert_eq!(blocks(&mut resumed)[0], "snapshot: k#0");
    }
}

#[test]
fn waits_for_subscribers_and_for_their_end() {
    let channel = keyed();
    let subscription = channel.subscribe();
    assert!(block_on(channel.wait_for_subscriber()));
    assert_eq!(channel.subscriber_count(), 1);
    drop(subscription);
    block_on(channel.wait_until_idle());
}

#[test]
fn an_idle_keyed_channel_without_keys_is_removed() {
    let clock = Clock::new();
    let hub = Hub::new(
        HubOptions::with_timer(clock.clone())
            .each(|_, options| options.keyed(9.try_into().unwrap(), KeyPolicy::reject()))
            .linger(Duration::from_secs(1)),
    );
    put_in(&hub, "a");
    clock.advance(1_001);
    assert_eq!(hub.len(), 1, "it has a key");
    keyed_in(&hub, "k").remove("a").unwrap();
    clock.advance(1_001);
    // It was found to have keys, and is looked at again.
    clock.advance(1_001);
    assert_eq!(hub.len(), 0);
}

#[test]
fn a_hub_closes_its_keyed_channels() {
    let hub = Hub::new(kinds());
    let mut subscription = hub.subscribe(["k", "a"]).unwrap();
    put_in(&hub, "x");
    close(&hub, "a");
    hub.close();
    let got = blocks(&mut subscription);
    assert_eq!(got, ["snapshot: k", "x"]);
    assert!(is_ended(&mut subscription));
}

/// Publishes and removes on several threads while clients read and reconnect.
#[test]
fn clients_converge_while_many_threads_publish() {
    let hub = Hub::new(kinds());
    let channel: KeyedChannel<str> = hub.keyed_channel("k").unwrap();
    let read = |seed: u64| {
        let channel = channel.clone();
        move || {
            let mut map = BTreeMap::new();
            let mut subscription = channel.resume(None);
            let (mut read, mut id) = (0_u64, None);
            loop {
                let Some(event) = block_on(subscription.next()) else {
                    return map;
                };
                apply(
                    &mut map,
                    std::str::from_utf8(event.encoded().as_bytes()).unwrap(),
                );
                id = event.id().or(id);
                read += 1;
                // More than a round, which has an id at its end alone.
                if read % (seed * 400) == 0 {
                    let at = id.as_ref().map(last);
                    subscription = channel.resume(at.as_ref());
                }
            }
        }
    };
    let publish = |thread: u64| {
        let channel = channel.clone();
        move || {
            for turn in 0..3000_u64 {
                let key = (turn * 7 % 23).to_string();
                let key = format!("{thread}/{key}");
                match turn % 5 {
                    4 => drop(channel.remove(&key).unwrap()),
                    _ => drop(channel.publish(&key, &*format!("{key} {turn}")).unwrap()),
                }
            }
        }
    };
    thread::scope(|scope| {
        let readers = [1, 2, 3].map(|seed| scope.spawn(read(seed)));
        let publishers = [0, 1, 2].map(|thread| scope.spawn(publish(thread)));
        publishers
            .into_iter()
            .for_each(|publisher| publisher.join().unwrap());
        // So that what it has does not end with it.
        let expected: Vec<_> = channel.keys().iter().map(ToString::to_string).collect();
        channel.close();
        for reader in readers {
            let map = reader.join().unwrap();
            let mut expected = expected.clone();
            expected.sort();
            assert!(map.keys().eq(&expected), "{map:?}");
        }
    });
}

/// Does to a map what a page does.
fn apply(map: &mut BTreeMap<String, String>, text: &str) {
    let data = |text: &str| {
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        data.unwrap().to_owned()
    };
    match text {
        _ if text.starts_with("event: snapshot\n") => map.clear(),
        _ if text.starts_with("event: checkpoint\n") => {}
        _ if text.starts_with("event: key-removed\n") => drop(map.remove(&data(text))),
        _ => {
            let data = data(text);
            let (key, value) = data.split_once(' ').unwrap();
            map.insert(key.to_owned(), value.to_owned());
        }
    }
}
