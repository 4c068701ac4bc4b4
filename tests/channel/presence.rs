//! Who is present in a channel, as a list and as a feed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures::StreamExt;
use tower_sse::{
    Channel, ChannelError, ChannelOptions, ChannelStart, Event, EventStream, Hub, HubOptions,
    KeyPolicy, NoticePolicy, PublishError, Subscription,
};

use crate::{
    clock::Clock,
    decode::Seen,
    reentrance::in_time,
    served::{Served, silent},
    support::*,
    task::Task,
};

const ROOM: &str = "room/7";
const FEED: &str = "presence:room/7";

/// The grace time in milliseconds.
const GRACE: u64 = 5_000;

fn hub_options(clock: &Clock) -> HubOptions {
    let options = ChannelOptions::with_timer(clock.clone()).notice_policy(NoticePolicy::event());
    let grace = Duration::from_millis(GRACE);
    let options = HubOptions::with_timer(clock.clone()).channel_options(options);
    options.each(move |name, options| match name.starts_with("room/") {
        true => options.presence(grace),
        false => options,
    })
}

/// A hub with presence in its rooms, and a clock that stands still.
fn hub() -> (Hub, Clock) {
    let clock = Clock::new();
    (Hub::new(hub_options(&clock)), clock)
}

fn enter(hub: &Hub, name: &str, channels: &[&str]) -> Subscription {
    let channels = channels.iter().copied();
    hub.subscriber(name).subscribe(channels).unwrap()
}

fn watch(hub: &Hub) -> Subscription {
    hub.subscribe([FEED]).unwrap()
}

fn names(hub: &Hub) -> Vec<String> {
    let names = hub.presence(ROOM).unwrap().names().into_iter();
    names.map(|name| name.to_string()).collect()
}

fn snapshot() -> Seen {
    named("snapshot", FEED, "")
}

fn joined(name: &str) -> Seen {
    named("joined", [name, ROOM].join("\n"), "")
}

fn left(name: &str) -> Seen {
    named("left", [name, ROOM].join("\n"), "")
}

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
fn a_name_leaves_when_the_grace_time_has_passed() {
    let (hub, clock) = hub();
    let mut watching = watch(&hub);
    drop(enter(&hub, "ada", &[ROOM]));
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    clock.advance(GRACE - 1);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    assert_eq!(names(&hub), ["ada"]);
    clock.advance(1);
    assert_eq!(seen(&mut watching), [left("ada")]);
    assert!(names(&hub).is_empty());
}

#[test]
fn a_reload_shows_nothing() {
    let (hub, clock) = hub();
    let ada = enter(&hub, "ada", &[ROOM]);
    let mut watching = watch(&hub);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(ada);
    clock.advance(GRACE - 1);
    let _ada = enter(&hub, "ada", &[ROOM]);
    clock.advance(9 * GRACE);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    assert_eq!(names(&hub), ["ada"]);
}

#[test]
fn the_grace_time_begins_anew_after_a_reload() {
    let (hub, clock) = hub();
    let mut watching = watch(&hub);
    for _ in 0..2 {
        drop(enter(&hub, "ada", &[ROOM]));
        clock.advance(GRACE - 1);
    }
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    clock.advance(1);
    assert_eq!(seen(&mut watching), [left("ada")]);
}

#[test]
fn a_name_with_two_tabs_leaves_with_the_last() {
    let (hub, clock) = hub();
    let [one, two] = ["ada"; 2].map(|name| enter(&hub, name, &[ROOM]));
    let mut watching = watch(&hub);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(one);
    clock.advance(9 * GRACE);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    drop(two);
    clock.advance(GRACE);
    assert_eq!(seen(&mut watching), [left("ada")]);
}

#[test]
fn a_name_that_comes_back_too_late_has_left_and_joined() {
    let (hub, clock) = hub();
    let mut watching = watch(&hub);
    drop(enter(&hub, "ada", &[ROOM]));
    clock.advance(GRACE);
    assert_eq!(names(&hub), [] as [&str; 0]);
    let _ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
}

#[test]
fn without_a_grace_time_a_name_leaves_at_once() {
    let clock = Clock::new();
    let options = hub_options(&clock).each(|_, options| options.presence(Duration::ZERO));
    let hub = Hub::new(options);
    let mut watching = watch(&hub);
    let ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(ada);
    assert_eq!(seen(&mut watching), [left("ada")]);
    assert!(names(&hub).is_empty());
}

#[test]
fn a_stream_of_the_feed_that_waits_is_woken_when_a_name_leaves() {
    let (hub, clock) = hub();
    let (mut watching, task) = (watch(&hub), Task::default());
    let ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching).len(), 2);
    let mut poll = || watching.poll_next_unpin(&mut Context::from_waker(&task.waker()));
    assert!(poll().is_pending());
    drop(ada);
    assert_eq!(task.wakes(), 1, "to sleep until then");
    assert!(poll().is_pending());
    clock.advance(GRACE - 1);
    assert_eq!(task.wakes(), 0);
    clock.advance(1);
    assert_eq!(task.wakes(), 1);
    let Poll::Ready(Some(event)) = poll() else {
        panic!("it is woken for nothing");
    };
    let expected = b"event: left\ndata: ada\ndata: room/7\n\n";
    assert_eq!(event.encoded().as_bytes(), expected);
    assert!(poll().is_pending());
}

#[test]
fn a_stream_that_sleeps_already_is_not_woken_when_another_name_begins_to_leave() {
    let (hub, _clock) = hub();
    let (mut watching, task) = (watch(&hub), Task::default());
    let [ada, bob] = ["ada", "bob"].map(|name| enter(&hub, name, &[ROOM]));
    drop(ada);
    assert_eq!(seen(&mut watching).len(), 3);
    let polled = watching.poll_next_unpin(&mut Context::from_waker(&task.waker()));
    assert!(polled.is_pending());
    drop(bob);
    assert_eq!(task.wakes(), 0);
}

#[test]
fn names_leave_though_the_stream_that_slept_is_gone() {
    let (hub, clock) = hub();
    let [mut one, mut two] = [watch(&hub), watch(&hub)];
    drop(enter(&hub, "ada", &[ROOM]));
    let task = Task::default();
    for watching in [&mut one, &mut two] {
        assert_eq!(seen(watching).len(), 2);
        let polled = watching.poll_next_unpin(&mut Context::from_waker(&task.waker()));
        assert!(polled.is_pending());
    }
    drop(one);
    task.wakes();
    clock.advance(GRACE);
    assert_eq!(task.wakes(), 1);
    assert_eq!(seen(&mut two), [left("ada")]);
}

#[tokio::test(start_paused = true)]
async fn names_leave_in_time_in_a_runtime() {
    let options = options().presence(SECOND);
    let hub = Hub::new(crate::hub::hub_options(9).channel_options(options));
    drop(enter(&hub, "ada", &[ROOM]));
    let mut body = EventStream::new(watch(&hub));
    let start = tokio::time::Instant::now();
    let mut text = String::new();
    while !text.contains("left") {
        let frame = http_body_util::BodyExt::frame(&mut body).await;
        let data = frame.unwrap().unwrap().into_data().unwrap();
        text.push_str(std::str::from_utf8(&data).unwrap());
    }
    // The timer of tokio counts in milliseconds.
    let waited = start.elapsed();
    assert!((SECOND..SECOND + Duration::from_millis(2)).contains(&waited));
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

#[test]
fn subscribers_do_not_wait_for_a_store() {
    in_time(|| {
        let (hub, clock) = hub();
        let room: Channel = hub.channel(ROOM).unwrap();
        let stored = room.publish_with(Event::new("one"), |_| {
            drop(enter(&hub, "ada", &[ROOM]));
            assert_eq!(names(&hub), ["ada"]);
            clock.advance(GRACE);
            assert!(names(&hub).is_empty());
            Ok::<_, std::io::Error>(())
        });
        stored.unwrap();
    });
}

/// Looks at the hub each time it is woken.
struct Looking {
    hub: Hub,
    seen: Mutex<Vec<Vec<String>>>,
    is_done: AtomicUsize,
}

impl Wake for Looking {
    fn wake(self: Arc<Self>) {
        let mut others = watch(&self.hub);
        seen(&mut others);
        // Only once: it would wake itself.
        if self.is_done.fetch_add(1, SeqCst) == 0 {
            drop(enter(&self.hub, "eve", &[ROOM]));
        }
        self.seen.lock().unwrap().push(names(&self.hub));
    }
}

/// Returns what a task sees that uses the hub when it is woken, first by this.
fn look(clock: Clock, hub: Hub, ready: fn(&Hub, &Clock), wake: fn(&Hub, &Clock)) {
    in_time(move || {
        ready(&hub, &clock);
        let looking = Arc::new(Looking {
            hub: hub.clone(),
            seen: Mutex::default(),
            is_done: AtomicUsize::new(0),
        });
        let waker = Waker::from(Arc::clone(&looking));
        let mut watching = watch(&hub);
        while watching
            .poll_next_unpin(&mut Context::from_waker(&waker))
            .is_ready()
        {}
        wake(&hub, &clock);
        let seen = looking.seen.lock().unwrap().clone();
        assert!(!seen.is_empty());
        // The hub and the waker have each other.
        drop(watching);
    });
}

#[test]
fn a_task_woken_by_a_name_that_joins_may_use_the_hub() {
    let (hub, clock) = hub();
    look(
        clock,
        hub,
        |_, _| {},
        |hub, _| drop(enter(hub, "ada", &[ROOM])),
    );
}

#[test]
fn a_task_woken_by_a_name_that_leaves_may_use_the_hub() {
    let (hub, clock) = hub();
    let ready = |hub: &Hub, _: &Clock| drop(enter(hub, "ada", &[ROOM]));
    look(clock, hub, ready, |_, clock| clock.advance(GRACE));
}

#[test]
fn a_task_woken_by_a_call_that_finds_that_a_name_has_left_may_use_the_hub() {
    let clock = Clock::new();
    let options = hub_options(&clock).each(|_, options| options.presence(Duration::ZERO));
    let ready = |hub: &Hub, _: &Clock| {
        hub.channel::<Event>(ROOM).unwrap();
    };
    look(clock, Hub::new(options), ready, |hub, _| {
        drop(enter(hub, "ada", &[ROOM]));
    });
}

#[test]
fn a_task_woken_by_the_close_may_use_the_hub() {
    let (hub, clock) = hub();
    let ready = |hub: &Hub, _: &Clock| drop(enter(hub, "ada", &[ROOM]));
    look(clock, hub, ready, |hub, _| crate::hub::close(hub, ROOM));
}
