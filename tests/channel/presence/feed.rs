//! What clients get of a feed.

use super::*;

#[test]
fn the_feed_begins_with_the_list() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM]);
    let mut bob = enter(&hub, "bob", &[ROOM, FEED]);
    let expected = [snapshot(), joined("ada"), joined("bob")];
    assert_eq!(seen(&mut bob), expected);
}

#[test]
fn each_connection_begins_with_the_list_whatever_its_id() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM]);
    let id = publish(&hub.channel(ROOM).unwrap(), "hello");
    publish(&hub.channel(ROOM).unwrap(), "again");
    let resumed = || {
        let bob = hub.subscriber("bob");
        bob.resume([ROOM, FEED], Some(&last(&id))).unwrap()
    };
    for _ in 0..2 {
        let mut seen = seen(&mut resumed());
        for event in &mut seen {
            event[2].clear();
        }
        let expected = [snapshot(), joined("ada"), joined("bob")];
        let (news, feed): (Vec<_>, Vec<_>) = seen.into_iter().partition(|one| one[0] == "message");
        assert_eq!(feed, expected);
        assert_eq!(news, [event("again", "")]);
    }
}

#[test]
fn a_live_start_has_no_list() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM]);
    let mut watching = hub.subscribe([ChannelStart::live(FEED)]).unwrap();
    let _bob = enter(&hub, "bob", &[ROOM]);
    assert_eq!(seen(&mut watching), [joined("bob")]);
}

#[test]
fn the_feed_takes_no_ids_of_the_hub() {
    let (hub, _) = hub();
    let before = hub.last_id();
    let mut watching = watch(&hub);
    drop(enter(&hub, "ada", &[ROOM]));
    assert_eq!(seen(&mut watching).len(), 2);
    assert_eq!(hub.last_id(), before);
}

#[test]
fn the_feed_can_be_added_and_removed() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM]);
    let mut bob = enter(&hub, "bob", &["news"]);
    hub.subscribers("bob").add(FEED).unwrap();
    let read = |bob: &mut Subscription| {
        let seen = seen(bob).into_iter().map(|[name, data, _]| (name, data));
        seen.filter(|(name, _)| name != "checkpoint")
            .collect::<Vec<_>>()
    };
    let expected = [
        ("channel-added", FEED),
        ("snapshot", FEED),
        ("joined", "ada\nroom/7"),
    ];
    let expected = expected.map(|(name, data)| (name.to_owned(), data.to_owned()));
    assert_eq!(read(&mut bob), expected);
    hub.subscribers("bob").remove(FEED);
    let removed = ("channel-removed".to_owned(), FEED.to_owned());
    assert_eq!(read(&mut bob), [removed]);
    let _eve = enter(&hub, "eve", &[ROOM]);
    assert!(read(&mut bob).is_empty());
}

#[test]
fn clients_behind_a_layer_get_the_feed() {
    let (hub, clock) = hub();
    let stream = EventStream::new(watch(&hub));
    let mut served = Served::new(silent(clock.clone()), stream);
    drop(enter(&hub, "ada", &[ROOM]));
    assert_eq!(served.read().0, [snapshot(), joined("ada")]);
    clock.advance(GRACE);
    assert_eq!(served.read(), (vec![left("ada")], false));
}

#[test]
fn a_stream_can_have_the_feeds_of_several_channels() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM, "room/8"]);
    let mut watching = hub.subscribe([FEED, "presence:room/8"]).unwrap();
    let seen = seen(&mut watching).into_iter();
    let mut joined: Vec<_> = seen.filter(|one| one[0] == "joined").collect();
    joined.sort();
    let expected = ["ada\nroom/7", "ada\nroom/8"].map(|data| named("joined", data, ""));
    assert_eq!(joined, expected);
}
