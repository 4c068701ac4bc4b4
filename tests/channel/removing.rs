//! What clients find out that resume after a channel was removed, and perhaps made anew.

use tokio::time::advance;
use tower_sse::{EventId, Hub};

use crate::{
    hub::{channel_in, close, has, hub, hub_options},
    support::*,
};

/// Makes a channel of this name in the place of another one.
fn take_place(hub: &Hub, name: &str) {
    drop(channel_in(hub, name));
}

/// Returns `true` if a client of a channel that resumes after this number has a gap.
fn has_gap(hub: &Hub, name: &str, number: u64) -> bool {
    let id = last(sibling(&hub.last_id(), number));
    let resumed = hub.resume([name], Some(&id)).unwrap();
    !resumed.gaps().is_empty()
}

/// Publishes in a channel to which the program then has no handle.
fn publish_in(hub: &Hub, name: &str, text: &'static str) -> EventId {
    publish(&channel_in(hub, name), text)
}

#[test]
fn a_channel_made_anew_has_a_gap_for_clients_that_have_not_seen_all_of_it() {
    let hub = hub(1);
    publish_in(&hub, "a", "one");
    publish_in(&hub, "a", "two");
    take_place(&hub, "b");
    assert!(!has(&hub, "a"));
    take_place(&hub, "a");
    assert_eq!(
        [0, 1, 2].map(|number| has_gap(&hub, "a", number)),
        [true, true, false]
    );
}

#[test]
fn the_gap_ends_with_the_first_event_of_the_channel_made_anew() {
    let hub = hub(1);
    let one = publish_in(&hub, "a", "one");
    let two = publish_in(&hub, "a", "two");
    take_place(&hub, "b");
    let three = publish_in(&hub, "a", "three");
    let three_seen = event("three", &three);
    let seen_after = |id| seen(&mut resume(&channel_in(&hub, "a"), id));
    let gap = named("gap", format!("{three}\na"), &two);
    assert_eq!(seen_after(&one), [gap, three_seen.clone()]);
    assert_eq!(seen_after(&two), [three_seen]);
}

#[test]
fn the_gap_has_no_end_yet_where_nothing_has_been_published_since() {
    let hub = hub(1);
    let one = publish_in(&hub, "a", "one");
    let two = publish_in(&hub, "a", "two");
    take_place(&hub, "b");
    let mut resumed = resume(&channel_in(&hub, "a"), one);
    assert_eq!(seen(&mut resumed), [named("gap", "\na", two)]);
}

#[test]
fn a_channel_that_never_had_an_event_has_no_gap_when_it_is_made_anew() {
    let hub = hub(2);
    publish_in(&hub, "b", "one");
    take_place(&hub, "a");
    take_place(&hub, "c");
    assert!(!has(&hub, "a"));
    take_place(&hub, "a");
    assert!(!has_gap(&hub, "a", 0));
}

#[test]
fn a_channel_that_was_closed_has_a_gap_when_it_is_made_anew() {
    let hub = hub(9);
    publish_in(&hub, "a", "one");
    publish_in(&hub, "b", "two");
    close(&hub, "a");
    take_place(&hub, "a");
    assert_eq!(
        [0, 1, 2].map(|number| has_gap(&hub, "a", number)),
        [true, false, false]
    );
    assert!(!has_gap(&hub, "b", 0));
}

#[test]
fn all_channels_that_were_closed_have_their_gaps() {
    let hub = hub(9);
    publish_in(&hub, "a", "one");
    publish_in(&hub, "b", "two");
    hub.close();
    assert_eq!(
        [0, 1, 2].map(|number| has_gap(&hub, "a", number)),
        [true, false, false]
    );
    assert_eq!(
        [0, 1, 2].map(|number| has_gap(&hub, "b", number)),
        [true, true, false]
    );
}

#[test]
fn a_channel_that_is_removed_twice_keeps_its_gap() {
    let hub = hub(1);
    publish_in(&hub, "a", "one");
    for _ in 0..2 {
        take_place(&hub, "b");
        take_place(&hub, "a");
    }
    assert_eq!(
        [0, 1].map(|number| has_gap(&hub, "a", number)),
        [true, false]
    );
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_was_removed_after_its_events_expired_has_a_gap() {
    let options = hub_options(9).channel_options(options().max_age(SECOND));
    let hub = Hub::new(options.linger(SECOND));
    publish_in(&hub, "a", "one");
    advance(2 * SECOND).await;
    assert!(!has(&hub, "a"));
    assert_eq!(
        [0, 1].map(|number| has_gap(&hub, "a", number)),
        [true, false]
    );
}

#[test]
fn a_client_of_several_channels_has_a_gap_only_in_the_one_that_was_removed() {
    let hub = hub(9);
    let one = publish_in(&hub, "b", "one");
    publish_in(&hub, "a", "two");
    publish_in(&hub, "b", "three");
    close(&hub, "a");
    let resumed = hub.resume(["a", "b"], Some(&last(one))).unwrap();
    let gaps = resumed.gaps().iter().map(|gap| &*gap.channel);
    assert_eq!(gaps.collect::<Vec<_>>(), ["a"]);
}

/// Makes a hub that remembers two removed channels, and has it remove three with an event each.
fn with_a_full_table() -> Hub {
    let hub = hub(2);
    for (name, text) in [("a", "one"), ("b", "two"), ("c", "three")] {
        publish_in(&hub, name, text);
        close(&hub, name);
    }
    hub
}

#[test]
fn a_channel_that_the_hub_does_not_remember_any_more_has_its_gap() {
    let hub = with_a_full_table();
    assert_eq!(
        [0, 1].map(|number| has_gap(&hub, "a", number)),
        [true, false]
    );
}

#[test]
fn channels_that_the_hub_remembers_have_their_own_gaps() {
    let hub = with_a_full_table();
    let gaps = |name| [0, 1, 2, 3].map(|number| has_gap(&hub, name, number));
    assert_eq!(gaps("b"), [true, true, false, false]);
    close(&hub, "b");
    assert_eq!(gaps("c"), [true, true, true, false]);
}

#[test]
fn a_channel_that_was_never_there_has_a_gap_up_to_what_the_hub_has_forgotten() {
    let hub = with_a_full_table();
    assert_eq!(
        [0, 1].map(|number| has_gap(&hub, "d", number)),
        [true, false]
    );
}
