//! Names that are reserved or invalid.

use super::*;

#[test]
fn nobody_publishes_in_a_feed() {
    let (hub, _) = hub();
    let _watching = watch(&hub);
    let reserved = ChannelError::Reserved;
    assert_eq!(hub.channel::<Event>(FEED).unwrap_err(), reserved);
    assert_eq!(hub.keyed_channel::<Event>(FEED).unwrap_err(), reserved);
    assert!(hub.get::<Event>(FEED).is_none());
    let published = hub.publish([ROOM, FEED], &Event::new("one"));
    assert!(matches!(published, Err(PublishError::Channel(error)) if error == reserved));
}

#[test]
fn a_channel_without_presence_has_neither_a_list_nor_a_feed() {
    let (hub, _) = hub();
    let none = ChannelError::NoPresence;
    for name in ["news", FEED] {
        let feed = ["presence:", name].concat();
        assert_eq!(hub.subscribe([&feed]).unwrap_err(), none);
        assert_eq!(hub.subscribers("ada").add(feed).unwrap_err(), none);
    }
    assert_eq!(hub.presence("news").unwrap_err(), none);
    assert_eq!(hub.presence(FEED).unwrap_err(), ChannelError::Reserved);
    assert!(matches!(hub.presence(""), Err(ChannelError::Name(_))));
}

#[test]
fn a_name_that_cannot_be_present_does_not_subscribe() {
    let (hub, _) = hub();
    let _listens = enter(&hub, "a\nb", &["news", FEED]);
    for name in ["", "a\nb", &"a".repeat(256)] {
        let subscribed = hub.subscriber(name).subscribe(["news", ROOM]);
        assert!(matches!(subscribed, Err(ChannelError::SubscriberName(_))));
        let resumed = hub.subscriber(name).resume([ROOM], None);
        assert!(matches!(resumed, Err(ChannelError::SubscriberName(_))));
        let added = hub.subscribers(name).add(ROOM);
        assert!(matches!(added, Err(ChannelError::SubscriberName(_))));
    }
    assert!(names(&hub).is_empty());
}
