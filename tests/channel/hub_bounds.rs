//! The bytes that all channels of a hub retain together.

use tower_sse::{Event, Hub, HubOptions, PublishError};

use crate::{
    hub::{channel_in, close, hub_options},
    publishing_together::assert_published_nowhere,
    several::*,
    support::*,
};

/// Makes a hub whose channels retain this many events of one digit together. Such an event takes 22 bytes:
/// `data: 1`, `id: ` with six letters, a hyphen and a digit, and the line feeds.
fn hub_of_bytes(events: usize) -> Hub {
    Hub::new(HubOptions::max_bytes(hub_options(9), events * 22))
}

#[test]
fn the_oldest_event_of_all_channels_is_evicted_first() {
    let hub = hub_of_bytes(3);
    publish_in(&hub, [("a", "1"), ("b", "2"), ("c", "3")]);
    let texts = || texts(&mut hub.replay(ABC).unwrap());
    assert_eq!(texts(), ["1", "2", "3"]);
    // The lowest number of all channels goes first.
    for (name, expected) in [
        ("c", ["2", "3", "x"]),
        ("c", ["3", "x", "x"]),
        ("a", ["x", "x", "x"]),
        ("b", ["x", "x", "x"]),
    ] {
        publish_in(&hub, [(name, "x")]);
        assert_eq!(texts(), expected);
    }
}

#[test]
fn an_eviction_for_another_channel_is_a_gap() {
    let hub = hub_of_bytes(2);
    let zero = hub.last_id();
    let [one, two, three] = publish_in(&hub, [("a", "1"), ("b", "2"), ("b", "3")]);
    assert_eq!(gaps(&resume_all(&hub, &ABC, &zero)), ["a"]);
    for id in [one, two, three] {
        assert!(resume_all(&hub, &ABC, id).gaps().is_empty());
    }
}

#[test]
fn an_eviction_for_another_channel_is_a_lag() {
    let hub = hub_of_bytes(2);
    let mut subscribers = ["a", "b"].map(|name| channel_in(&hub, name).subscribe());
    publish_in(&hub, [("a", "1"), ("b", "2"), ("b", "3")]);
    assert!(has_lagged(&mut subscribers[0]));
    assert_eq!(texts(&mut subscribers[1]), ["2", "3"]);
}

#[test]
fn the_events_of_a_closed_channel_do_not_count() {
    let hub = hub_of_bytes(2);
    let mut reading = channel_in(&hub, "a").subscribe();
    publish_in(&hub, [("a", "1"), ("b", "2")]);
    close(&hub, "a");
    publish_in(&hub, [("b", "3")]);
    assert_eq!(texts(&mut hub.replay(["b"]).unwrap()), ["2", "3"]);
    assert_eq!(texts(&mut reading), ["1"]);
}

#[test]
fn an_event_larger_than_all_that_the_hub_may_retain_is_rejected() {
    let hub = hub_of_bytes(1);
    publish_in(&hub, [("a", "1")]);
    let error = assert_published_nowhere(&hub, ["b"], Event::new("12"));
    assert!(matches!(error, PublishError::TooLarge { len: 23, max: 22 }));
    assert_eq!(texts(&mut hub.replay(["a"]).unwrap()), ["1"]);
}

#[test]
fn an_event_too_large_for_all_of_its_channels_together_is_rejected() {
    let hub = hub_of_bytes(2);
    let error = assert_published_nowhere(&hub, ABC, Event::new("1"));
    assert!(matches!(error, PublishError::TooLarge { len: 66, max: 44 }));
}
