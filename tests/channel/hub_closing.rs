//! The close of a hub with all of its channels.

use std::time::Duration;

use tower_sse::{Hub, Subscription};

use crate::{
    blocks::{blocks, fill, kinds},
    hub::close,
    support::*,
};

/// Subscribes to these channels, in each of which there is something to read then. (The feed of a presence has
/// something by itself.)
fn behind(hub: &Hub, names: &[&str]) -> Subscription {
    let subscription = hub.subscriber("ada").subscribe(names.iter().copied());
    for name in names {
        match &name[..1] {
            "p" => {}
            "k" => put(hub, name),
            _ => fill(hub, &[name]),
        }
    }
    subscription.unwrap()
}

/// Publishes in a keyed channel.
fn put(hub: &Hub, name: &str) {
    let channel = hub.keyed_channel::<str>(name).unwrap();
    for key in ["x", "y", "z"] {
        channel.publish(key, key).unwrap();
    }
}

#[test]
fn is_no_removal_of_its_channels() {
    let hub = Hub::new(kinds());
    let mut subscription = behind(&hub, &["a", "b"]);
    hub.close();
    assert_eq!(blocks(&mut subscription), ["a1#1", "b2#2"]);
    assert!(is_ended(&mut subscription));
}

/// Such an id would not be one of the other channels when the client comes back.
#[test]
fn gives_no_id_of_the_keyed_channel_that_is_read_last() {
    let hub = Hub::new(kinds());
    let mut subscription = behind(&hub, &["a", "k"]);
    hub.close();
    let rest = ["snapshot: k", "x", "a1#1", "y", "z"];
    assert_eq!(blocks(&mut subscription), rest);
    assert!(is_ended(&mut subscription));
}

#[test]
fn is_the_same_when_the_last_handle_is_dropped() {
    let hub = Hub::new(kinds());
    let mut subscription = behind(&hub, &["a", "k"]);
    drop(hub);
    let rest = ["snapshot: k", "x", "a1#1", "y", "z"];
    assert_eq!(blocks(&mut subscription), rest);
    assert!(is_ended(&mut subscription));
}

#[test]
fn includes_the_feeds_of_presences() {
    let second = Duration::from_secs(1);
    let hub = Hub::new(kinds().each(move |name, options| match name {
        "a" => options.presence(second),
        _ => options,
    }));
    let mut subscription = behind(&hub, &["a", "presence:a", "b"]);
    hub.close();
    let rest = ["snapshot: presence:a", "a1#1", "b2#2"];
    assert_eq!(blocks(&mut subscription), rest);
    assert!(is_ended(&mut subscription));
}

/// A channel that is closed alone is a removal only as long as the stream has another one.
#[test]
fn ends_a_stream_with_a_channel_that_was_closed_before() {
    let hub = Hub::new(kinds());
    let mut subscription = behind(&hub, &["a", "b"]);
    close(&hub, "a");
    hub.close();
    assert_eq!(blocks(&mut subscription), ["a1#1", "b2#2"]);
    assert!(is_ended(&mut subscription));
}

#[test]
fn is_the_removal_of_its_channels_from_a_stream_with_a_later_one() {
    let hub = Hub::new(kinds());
    let mut subscription = behind(&hub, &["a", "b"]);
    hub.close();
    hub.subscribers("ada").add("c").unwrap();
    fill(&hub, &["c"]);
    let rest = [
        "channel-added: c",
        "a1#1",
        "channel-removed: a",
        "b2#2",
        "channel-removed: b",
        "checkpoint: #3",
        "c4#4",
    ];
    assert_eq!(blocks(&mut subscription), rest);
    assert!(is_waiting(&mut subscription));
}
