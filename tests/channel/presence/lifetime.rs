//! Channels that are removed or closed.

use super::*;

#[test]
fn a_channel_is_not_removed_before_the_last_name_has_left() {
    let clock = Clock::new();
    let hub = Hub::new(hub_options(&clock).linger(Duration::ZERO));
    drop(enter(&hub, "ada", &[ROOM]));
    clock.advance(GRACE - 1);
    assert_eq!(hub.len(), 1);
    assert_eq!(names(&hub), ["ada"]);
    clock.advance(1);
    assert_eq!(hub.len(), 0);
}

#[test]
fn a_channel_is_not_removed_while_somebody_subscribes_to_its_feed() {
    let clock = Clock::new();
    let hub = Hub::new(hub_options(&clock).linger(Duration::ZERO));
    let mut watching = watch(&hub);
    clock.advance(3_600_000);
    assert_eq!(hub.len(), 1);
    let _ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(watching);
    drop(_ada);
    clock.advance(GRACE);
    assert_eq!(hub.len(), 0);
}

#[test]
fn names_that_are_leaving_make_room_for_another_channel() {
    let clock = Clock::new();
    let hub = Hub::new(hub_options(&clock).max_channels(1.try_into().unwrap()));
    drop(enter(&hub, "ada", &[ROOM]));
    assert!(hub.channel::<Event>("room/8").is_ok());
    assert!(names(&hub).is_empty());
}

#[test]
fn a_feed_that_is_read_makes_no_room_for_another_channel() {
    let clock = Clock::new();
    let hub = Hub::new(hub_options(&clock).max_channels(1.try_into().unwrap()));
    let _watching = watch(&hub);
    let error = hub.channel::<Event>("room/8").unwrap_err();
    assert_eq!(error, ChannelError::TooMany { max: 1 });
}

#[test]
fn all_names_leave_when_the_channel_is_closed() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM, "news"]);
    let mut watching = watch(&hub);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    hub.channel::<Event>(ROOM).unwrap().close();
    assert_eq!(seen(&mut watching), [left("ada")]);
    assert!(is_ended(&mut watching));
    assert!(names(&hub).is_empty());
}

#[test]
fn a_channel_that_is_made_anew_counts_only_its_own_subscriptions() {
    let (hub, clock) = hub();
    let before = enter(&hub, "ada", &[ROOM, "news"]);
    hub.channel::<Event>(ROOM).unwrap().close();
    let _after = enter(&hub, "ada", &[ROOM]);
    let mut watching = watch(&hub);
    drop(before);
    clock.advance(GRACE);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    assert_eq!(names(&hub), ["ada"]);
}

#[test]
fn all_names_leave_when_the_hub_is_closed() {
    let (hub, _) = hub();
    let _ada = enter(&hub, "ada", &[ROOM]);
    let mut watching = watch(&hub);
    let presence = hub.presence(ROOM).unwrap();
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(hub);
    assert_eq!(seen(&mut watching), [left("ada")]);
    assert!(is_ended(&mut watching));
    assert!(presence.is_empty());
}
