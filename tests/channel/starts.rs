//! Where a subscription begins in each of its channels.

use tower_sse::{ChannelStart, EventId, GapPolicy, Hub, LastEventId, Subscription};

use crate::{
    blocks::{blocks, fill, id, kinds},
    hub::{hub, hub_options},
    support::*,
};

const OTHER: EventId = EventId::from_static("OTHERS-7");

/// A hub whose channels have the events `a1`, `b2`, `a3` and `b4`.
fn filled() -> Hub {
    let hub = hub(9);
    fill(&hub, &["a", "b", "a", "b"]);
    hub
}

fn client(id: EventId) -> Option<LastEventId> {
    LastEventId::new(id)
}

fn open<const N: usize>(
    hub: &Hub,
    starts: [ChannelStart; N],
    id: Option<&LastEventId>,
) -> Subscription {
    hub.resume(starts, id).unwrap()
}

/// Returns what a client gets that has seen this, if anything.
fn got<const N: usize>(hub: &Hub, starts: [ChannelStart; N], seen: Option<u64>) -> Vec<String> {
    let id = seen.and_then(|number| client(id(hub, number)));
    blocks(&mut open(hub, starts, id.as_ref()))
}

fn starts_of(hub: &Hub, name: &str) -> [ChannelStart; 4] {
    [
        ChannelStart::resume(name),
        ChannelStart::live(name),
        ChannelStart::replay(name),
        ChannelStart::since(name, id(hub, 1)),
    ]
}

#[test]
fn a_client_without_an_id_begins_as_each_start_says() {
    let hub = filled();
    let [resume, live, replay, since] = starts_of(&hub, "a");
    assert_eq!(got(&hub, [resume], None), ["checkpoint: #4"]);
    assert_eq!(got(&hub, [live], None), ["checkpoint: #4"]);
    assert_eq!(got(&hub, [replay], None), ["a1#1", "a3#3"]);
    assert_eq!(got(&hub, [since], None), ["a3#3"]);
}

#[test]
fn a_client_with_an_id_begins_as_each_start_says() {
    let hub = filled();
    let [resume, live, replay, since] = starts_of(&hub, "a");
    assert_eq!(got(&hub, [resume], Some(2)), ["a3#3"]);
    assert_eq!(got(&hub, [live], Some(2)), [""; 0]);
    assert_eq!(got(&hub, [replay], Some(2)), ["a1", "a3#3"]);
    assert_eq!(got(&hub, [since], Some(0)), ["a3#3"], "its id is lower");
    let since = ChannelStart::since("a", id(&hub, 1));
    assert_eq!(got(&hub, [since], Some(3)), [""; 0], "its id is higher");
}

#[test]
fn a_client_with_an_id_of_another_epoch_begins_as_each_start_says() {
    let hub = filled();
    let [resume, live, replay, since] = starts_of(&hub, "a");
    let other = client(OTHER);
    let got = |start| blocks(&mut open(&hub, [start], other.as_ref()));
    assert_eq!(got(resume), ["gap: #1|a#0", "a1#1", "a3#3"]);
    assert_eq!(got(live), [""; 0]);
    assert_eq!(got(replay), ["a1#1", "a3#3"]);
    assert_eq!(got(since), ["a3#3"]);
}

#[test]
fn a_position_of_another_epoch_stands_for_the_beginning() {
    let hub = filled();
    let since = || ChannelStart::since("a", OTHER);
    assert_eq!(got(&hub, [since()], None), ["a1#1", "a3#3"]);
    assert_eq!(got(&hub, [since()], Some(2)), ["a3#3"]);
    // Since before a restart: an id of this epoch is newer.
    let replay = ChannelStart::replay("a").added_at(OTHER);
    assert_eq!(got(&hub, [replay], Some(2)), ["a3#3"]);
}

#[test]
fn each_start_goes_on_with_later_events() {
    let hub = filled();
    let client = client(id(&hub, 2));
    for id in [None, client.as_ref()] {
        for start in starts_of(&hub, "a") {
            let mut subscription = open(&hub, [start], id);
            let _ = wire(&mut subscription);
            fill(&hub, &["b", "a"]);
            let number = parts(&hub.last_id()).1;
            assert_eq!(blocks(&mut subscription), [format!("a{number}#{number}")]);
        }
    }
}

#[test]
fn starts_of_several_channels_are_independent() {
    let hub = filled();
    let starts = [ChannelStart::live("a"), ChannelStart::replay("b")];
    assert_eq!(got(&hub, starts, Some(2)), ["b2", "b4#4"]);
    let starts = [ChannelStart::resume("a"), ChannelStart::live("b")];
    assert_eq!(got(&hub, starts, Some(0)), ["a1#1", "a3#3"]);
    let starts = [
        ChannelStart::since("a", id(&hub, 3)),
        ChannelStart::since("b", id(&hub, 3)),
    ];
    assert_eq!(got(&hub, starts, Some(1)), ["b4#4"]);
}

#[test]
fn a_first_visit_gets_its_id_after_the_history_of_another_channel() {
    let hub = filled();
    for history in [ChannelStart::replay("b"), ChannelStart::since("b", OTHER)] {
        let starts = [ChannelStart::resume("a"), history];
        assert_eq!(got(&hub, starts, None), ["b2", "b4", "checkpoint: #4"]);
    }
}

#[test]
fn a_first_visit_whose_channels_all_have_a_history_gets_ids_with_it() {
    let hub = filled();
    let starts = [ChannelStart::replay("a"), ChannelStart::since("b", OTHER)];
    assert_eq!(got(&hub, starts, None), ["a1#1", "b2#2", "a3#3", "b4#4"]);
}

#[test]
fn the_first_start_of_a_name_counts() {
    let hub = filled();
    let starts = [ChannelStart::live("a"), ChannelStart::replay("a")];
    assert_eq!(got(&hub, starts, Some(0)), [""; 0]);
}

#[test]
fn a_client_that_was_there_when_the_channel_was_added_resumes() {
    let hub = filled();
    for start in starts_of(&hub, "a") {
        let start = start.added_at(id(&hub, 2));
        assert_eq!(got(&hub, [start], Some(2)), ["a3#3"]);
    }
}

#[test]
fn a_client_from_before_the_addition_gets_the_history_and_then_the_position() {
    let hub = filled();
    fill(&hub, &["a"]);
    let with = |start: ChannelStart| [ChannelStart::resume("a"), start.added_at(id(&hub, 3))];
    let replay = with(ChannelStart::replay("b"));
    let expected = [
        "channel-added: b",
        "b2",
        "a3#3",
        "checkpoint: #3",
        "b4#4",
        "a5#5",
    ];
    assert_eq!(got(&hub, replay, Some(2)), expected);
    let since = with(ChannelStart::since("b", id(&hub, 2)));
    let got = got(&hub, since, Some(1));
    assert_eq!(
        (&*got[0], &got[1..]),
        ("channel-added: b", &expected.map(String::from)[2..])
    );
}

#[test]
fn a_client_without_an_id_gets_the_position_of_an_addition_after_the_history() {
    let hub = filled();
    for at in [1, 3, 4] {
        let added = ChannelStart::replay("b").added_at(id(&hub, at));
        let starts = [ChannelStart::resume("a"), added];
        let got = got(&hub, starts, None);
        let history = ["channel-added: b", "b2", "b4"];
        assert_eq!(got[..3], history, "added at {at}");
        assert!(got[3..].iter().all(|block| block == "checkpoint: #4"));
        assert!(got.len() > 3);
    }
}

#[test]
fn a_gap_of_each_start_is_reported() {
    let hub = Hub::new(hub_options(9).channel_options(holding(1)));
    fill(&hub, &["a", "b", "a", "b"]);
    let gaps = |start: ChannelStart, id: Option<&LastEventId>| {
        let subscription = open(&hub, [start], id);
        let gaps = subscription.gaps().iter();
        gaps.map(|gap| (gap.is_known, gap.last_event_id.clone()))
            .collect::<Vec<_>>()
    };
    let [zero, one] = [0, 1].map(|number| id(&hub, number));
    let before = client(zero.clone());
    let within = client(one.clone());
    let [resume, live, replay, _] = starts_of(&hub, "a");
    let since = |number| ChannelStart::since("a", id(&hub, number));
    assert_eq!(
        gaps(resume.clone(), before.as_ref()),
        [(true, zero.clone())]
    );
    assert_eq!(gaps(resume.clone(), within.as_ref()), []);
    assert_eq!(gaps(resume, None), []);
    assert_eq!(gaps(live, before.as_ref()), []);
    assert_eq!(gaps(replay.clone(), before.as_ref()), []);
    assert_eq!(gaps(since(0), before.as_ref()), [(true, zero.clone())]);
    assert_eq!(gaps(since(0), None), [(true, zero.clone())]);
    assert_eq!(gaps(since(1), before.as_ref()), []);
    assert_eq!(gaps(since(0), within.as_ref()), []);
    let added = replay.added_at(zero.clone());
    assert_eq!(gaps(added, before.as_ref()), [(true, zero)]);
}

#[test]
fn a_gap_of_one_channel_does_not_acknowledge_the_history_of_another() {
    let hub = Hub::new(hub_options(9).each(|name, options| match name {
        "a" => options.max_events(std::num::NonZeroUsize::MIN),
        _ => options,
    }));
    fill(&hub, &["b", "a", "a", "a", "b"]);
    let starts = || [ChannelStart::resume("a"), ChannelStart::replay("b")];
    let expected = ["gap: #4|a#0", "b1#1", "a4#4", "b5#5"];
    assert_eq!(got(&hub, starts(), Some(0)), expected);
    let other = client(OTHER);
    assert_eq!(blocks(&mut open(&hub, starts(), other.as_ref())), expected);
    let expected = ["gap: #4|a#2", "b1", "a4#4", "b5#5"];
    assert_eq!(got(&hub, starts(), Some(2)), expected);
}

#[test]
fn a_live_gap_policy_leaves_other_starts_alone() {
    let options = holding(1).gap_policy(GapPolicy::live());
    let hub = Hub::new(hub_options(9).channel_options(options));
    fill(&hub, &["a", "b", "a", "b"]);
    let starts = [ChannelStart::resume("a"), ChannelStart::replay("b")];
    assert_eq!(got(&hub, starts, Some(0)), ["checkpoint: #3", "b4#4"]);
}

#[test]
fn an_event_before_the_log_of_a_live_start_has_the_id_of_the_present() {
    let hub = filled();
    for seen in [client(id(&hub, 1)), client(OTHER), None] {
        let live = open(&hub, [ChannelStart::live("a")], seen.as_ref());
        let mut subscription = live.start_with(tower_sse::Event::new("state"));
        assert_eq!(blocks(&mut subscription), ["state#4"]);
    }
}

#[test]
fn an_event_before_the_log_acknowledges_nothing_of_a_history() {
    let hub = filled();
    let starts = [ChannelStart::live("a"), ChannelStart::replay("b")];
    let seen = client(id(&hub, 1));
    let replayed = open(&hub, starts, seen.as_ref());
    let mut subscription = replayed.start_with(tower_sse::Event::new("state"));
    assert_eq!(blocks(&mut subscription), ["state#1", "b2#2", "b4#4"]);
}

/// What the documentation of ids says: an id belongs to its set of channels.
#[test]
fn another_set_of_channels_needs_starts_of_its_own() {
    let hub = hub(9);
    fill(&hub, &["a", "b"]);
    let b = [ChannelStart::resume("b")];
    assert_eq!(got(&hub, b, Some(0)), ["b2#2"]);
    let plain = [ChannelStart::resume("a")];
    assert_eq!(got(&hub, plain, Some(2)), [""; 0], "a1 is skipped");
    let since = [ChannelStart::since("a", id(&hub, 0)).added_at(hub.last_id())];
    assert_eq!(got(&hub, since, Some(2)), [""; 0], "it has got a1 by then");
    let added_at = hub.subscribers("nobody").add("a").unwrap();
    let since = || [ChannelStart::since("a", id(&hub, 0)).added_at(added_at.clone())];
    let again = ["channel-added: a", "a1", "checkpoint: #3"];
    assert_eq!(got(&hub, since(), Some(2)), again);
    assert_eq!(got(&hub, since(), Some(3)), [""; 0]);
}

/// A client of a set that grows, shrinks and is swapped, with a record of each addition.
#[test]
fn a_client_misses_nothing_of_a_set_that_changes_between_connections() {
    let hub = hub(9);
    let add = |name: &str| hub.subscribers("ada").add(name).unwrap();
    let history = |name: &str, at: &EventId| ChannelStart::replay(name).added_at(at.clone());
    let a = add("a");
    fill(&hub, &["a", "b"]);
    let last = |number| client(id(&hub, number));

    let mut first = open(&hub, [history("a", &a)], None);
    let begun = ["channel-added: a", "checkpoint: #1", "a2#2"];
    assert_eq!(blocks(&mut first), begun);
    // Grown.
    let b = add("b");
    fill(&hub, &["a", "b"]);
    let both = || [history("a", &a), history("b", &b)];
    let mut grown = open(&hub, both(), last(2).as_ref());
    let expected = ["channel-added: b", "b3#3", "checkpoint: #4", "a5#5", "b6#6"];
    assert_eq!(blocks(&mut grown), expected);
    // Shrunk, from any id that it has seen.
    for seen in [2, 4, 5, 6] {
        let mut shrunk = open(&hub, [history("b", &b)], last(seen).as_ref());
        let got = blocks(&mut shrunk);
        let texts = got.iter().filter(|text| !text.contains(": "));
        let expected: &[&str] = match seen {
            2 => &["b3#3", "b6#6"],
            6 => &[],
            _ => &["b6#6"],
        };
        assert!(texts.eq(expected), "{got:?}");
    }
    // Swapped for one that it never had.
    let c = add("c");
    fill(&hub, &["c", "a"]);
    let mut swapped = open(&hub, [history("c", &c)], last(6).as_ref());
    let begun = ["channel-added: c", "checkpoint: #7", "c8#8"];
    assert_eq!(blocks(&mut swapped), begun);
}

#[test]
fn a_right_that_was_lost_and_regained_shows_nothing_from_in_between() {
    let hub = hub(9);
    fill(&hub, &["a", "b"]);
    let lost = hub.subscribers("ada").remove("b");
    fill(&hub, &["b"]);
    let regained = hub.subscribers("ada").add("b").unwrap();
    fill(&hub, &["a", "b"]);
    let last = |number| client(id(&hub, number));
    let b = || ChannelStart::since("b", regained.clone()).added_at(regained.clone());
    assert_eq!((parts(&lost).1, parts(&regained).1), (3, 5));
    for seen in [1, 2, 3, 4] {
        let mut again = open(&hub, [ChannelStart::resume("a"), b()], last(seen).as_ref());
        let begun = ["channel-added: b", "checkpoint: #5", "a6#6", "b7#7"];
        assert_eq!(blocks(&mut again), begun);
    }
    let mut again = open(&hub, [ChannelStart::resume("a"), b()], last(6).as_ref());
    assert_eq!(blocks(&mut again), ["b7#7"]);
    // Nothing of b has a number from 5 to 6.
    let mut first = open(&hub, [b()], None);
    let begun = ["channel-added: b", "checkpoint: #6", "b7#7"];
    assert_eq!(blocks(&mut first), begun);
}

#[test]
fn starts_work_in_a_live_subscription() {
    let hub = filled();
    let starts = [
        ChannelStart::from("a"),
        ChannelStart::replay("b"),
        ChannelStart::since("c", id(&hub, 0)),
    ];
    let mut subscription = hub.subscribe(starts).unwrap();
    fill(&hub, &["a"]);
    let history_and_id = ["b2", "b4", "checkpoint: #4", "a5#5"];
    assert_eq!(blocks(&mut subscription), history_and_id);
}

#[test]
fn channels_without_ids_do_not_resume() {
    let hub = Hub::new(kinds());
    fill(&hub, &["n", "e", "a"]);
    let starts = ["n", "e"].map(ChannelStart::resume);
    assert_eq!(got(&hub, starts, Some(0)), [""; 0]);
    let starts = ["n", "e"].map(|name| ChannelStart::since(name, id(&hub, 0)));
    assert_eq!(got(&hub, starts, Some(0)), [""; 0]);
    let starts = ["n", "e"].map(ChannelStart::replay);
    assert_eq!(got(&hub, starts, Some(0)), ["n1"], "e has no history");
}
