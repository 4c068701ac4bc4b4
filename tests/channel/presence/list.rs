//! The list of the names.

use tower_sse::{BoxError, EncodeEvent, Encoder};

use super::*;

#[test]
fn lists_each_name_once_and_in_order() {
    let (hub, _) = hub();
    let _present = ["eve", "ada", "bob", "ada"].map(|name| enter(&hub, name, &[ROOM]));
    let _elsewhere = enter(&hub, "dan", &["room/8", "news"]);
    assert_eq!(names(&hub), ["ada", "bob", "eve"]);
    let presence = hub.presence(ROOM).unwrap();
    assert_eq!((presence.len(), presence.is_empty()), (3, false));
    assert_eq!(presence.name(), FEED);
}

#[test]
fn does_not_count_subscriptions_without_a_name() {
    let (hub, _) = hub();
    let _anonymous = hub.subscribe([ROOM]).unwrap();
    let channel: Channel = hub.channel(ROOM).unwrap();
    let _also_anonymous = channel.subscribe();
    assert!(hub.presence(ROOM).unwrap().is_empty());
}

#[test]
fn counts_neither_a_subscriber_that_does_not_subscribe_nor_one_of_the_feed() {
    let (hub, _) = hub();
    let _subscriber = hub.subscriber("ada");
    let _watching = enter(&hub, "bob", &[FEED]);
    assert!(hub.presence(ROOM).unwrap().is_empty());
}

#[test]
fn asking_for_the_presence_makes_no_channel() {
    let (hub, _) = hub();
    assert!(names(&hub).is_empty());
    assert!(hub.is_empty());
}

#[test]
fn a_channel_that_is_added_or_removed_counts() {
    let (hub, clock) = hub();
    let mut ada = enter(&hub, "ada", &["news"]);
    let mut watching = watch(&hub);
    hub.subscribers("ada").add(ROOM).unwrap();
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    // A second time: it goes on as it is.
    hub.subscribers("ada").add(ROOM).unwrap();
    texts(&mut ada);
    hub.subscribers("ada").remove(ROOM);
    texts(&mut ada);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    clock.advance(GRACE);
    assert_eq!(seen(&mut watching), [left("ada")]);
}

#[test]
fn a_channel_that_is_added_to_a_subscription_that_has_ended_does_not_count() {
    let (hub, clock) = hub();
    let ada = enter(&hub, "ada", &["news"]);
    hub.subscribers("ada").add(ROOM).unwrap();
    drop(ada);
    clock.advance(GRACE);
    assert!(names(&hub).is_empty());
}

#[test]
fn a_name_leaves_with_its_response_body() {
    let (hub, clock) = hub();
    let [one, two] = ["ada", "bob"].map(|name| EventStream::new(enter(&hub, name, &[ROOM])));
    let served = Served::new(silent(clock.clone()), one);
    assert_eq!(names(&hub), ["ada", "bob"]);
    served.leave();
    clock.advance(GRACE);
    assert_eq!(names(&hub), ["bob"]);
    drop(two);
    clock.advance(GRACE);
    assert!(names(&hub).is_empty());
}

#[test]
fn hubs_are_apart() {
    let [(one, _), (two, _)] = [hub(), hub()];
    let _ada = enter(&one, "ada", &[ROOM]);
    let mut watching = watch(&two);
    assert_eq!(names(&one), ["ada"]);
    assert!(names(&two).is_empty());
    assert_eq!(seen(&mut watching), [snapshot()]);
}

#[test]
fn a_list_that_is_full_has_a_name_when_another_has_left() {
    let (hub, clock) = hub();
    let ada = enter(&hub, "ada", &[ROOM]);
    let many = (0..9_999).map(|number| enter(&hub, &format!("user {number:04}"), &[ROOM]));
    let many: Vec<_> = many.collect();
    let bob = enter(&hub, "bob", &[ROOM]);
    let presence = hub.presence(ROOM).unwrap();
    assert_eq!(presence.len(), 10_000);
    assert!(!presence.names().contains(&"bob".into()));
    let mut watching = watch(&hub);
    let listed = seen(&mut watching);
    assert_eq!(listed.len(), 10_001);
    assert!(!listed.contains(&joined("bob")));
    drop(ada);
    clock.advance(GRACE);
    assert_eq!(seen(&mut watching), [left("ada"), joined("bob")]);
    assert_eq!(presence.len(), 10_000);
    drop((many, bob));
    clock.advance(GRACE);
    assert_eq!(seen(&mut watching).len(), 10_000);
    assert_eq!(presence.len(), 0);
}

#[test]
fn a_keyed_channel_can_have_a_presence() {
    let clock = Clock::new();
    let policy = KeyPolicy::reject();
    let keyed = move |_: &str, options: ChannelOptions| {
        let options = options.keyed(9.try_into().unwrap(), policy);
        options.presence(Duration::ZERO)
    };
    let hub = Hub::new(hub_options(&clock).each(keyed));
    let _ada = enter(&hub, "ada", &[ROOM]);
    let prices = hub.keyed_channel(ROOM).unwrap();
    prices.publish("tea", Event::new("tea 3")).unwrap();
    assert_eq!(prices.len(), 1);
    assert_eq!(names(&hub), ["ada"]);
}

/// An event that has something done while it is encoded.
struct Doing<F>(F);

impl<F: Fn()> EncodeEvent for Doing<F> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        (self.0)();
        encoder.data("one");
        Ok(())
    }
}

#[test]
fn subscribers_do_not_wait_for_an_event_that_is_encoded() {
    in_time(|| {
        let (hub, clock) = hub();
        let event = Doing(|| {
            drop(enter(&hub, "ada", &[ROOM]));
            assert_eq!(names(&hub), ["ada"]);
            clock.advance(GRACE);
            assert!(names(&hub).is_empty());
        });
        let room: Channel<Doing<_>> = hub.channel(ROOM).unwrap();
        room.publish(&event).unwrap();
    });
}
