use std::{
    error::Error,
    sync::{Arc, Barrier},
    thread,
};

use hyper_util::rt::TokioTimer;
use tower_sse::{Channel, ChannelError, ChannelOptions, Event, Hub, HubOptions, LagPolicy};

use crate::support::*;

pub(crate) fn hub_options(most: usize) -> HubOptions {
    HubOptions::with_timer(TokioTimer::new())
        .channel_options(options())
        .max_channels(most.try_into().unwrap())
}

pub(crate) fn hub(most: usize) -> Hub {
    Hub::new(hub_options(most))
}

pub(crate) fn channel_in(hub: &Hub, name: &str) -> Channel {
    hub.channel(name).unwrap()
}

/// Closes a channel, if there is one with this name.
pub(crate) fn close(hub: &Hub, name: &str) {
    if let Some(channel) = hub.get::<Event>(name) {
        channel.close();
    }
}

pub(crate) fn has(hub: &Hub, name: &str) -> bool {
    hub.get::<Event>(name).is_some()
}

#[test]
fn makes_channels_on_demand() {
    let hub = hub(9);
    assert!(hub.is_empty());
    assert!(!has(&hub, "a"));
    let a = channel_in(&hub, "a");
    let mut subscriber = a.subscribe();
    publish(&channel_in(&hub, "a"), "one");
    publish(&hub.get("a").unwrap(), "two");
    assert_eq!(texts(&mut subscriber), ["one", "two"]);
    assert_eq!((hub.len(), hub.is_empty()), (1, false));
}

#[test]
fn gives_a_channel_its_name() {
    let hub = hub(9);
    assert_eq!(channel_in(&hub, "room/7").name(), "room/7");
    assert_eq!(hub.get::<Event>("room/7").unwrap().name(), "room/7");
    assert_eq!(channel().name(), "", "a hub of its own");
}

#[test]
fn sends_subscribers_only_what_is_published_in_their_channel() {
    let hub = hub(9);
    let mut subscribers = ["a", "b"].map(|name| channel_in(&hub, name).subscribe());
    publish(&channel_in(&hub, "a"), "to a");
    publish(&channel_in(&hub, "b"), "to b");
    let got = subscribers.each_mut().map(texts);
    assert_eq!(got, [["to a"], ["to b"]]);
}

#[test]
fn numbers_the_events_of_all_channels_in_one_sequence() {
    let hub = hub(9);
    let [a, b] = ["a", "b"].map(|name| channel_in(&hub, name));
    let one = publish(&a, "one");
    let two = publish(&b, "two");
    let three = publish(&a, "three");
    assert_eq!(parts(&one).1, 1);
    assert_eq!([two, three], [sibling(&one, 2), sibling(&one, 3)]);
}

#[test]
fn resumes_a_channel_by_the_id_of_another() {
    let hub = hub(9);
    let [a, b] = ["a", "b"].map(|name| channel_in(&hub, name));
    let ids = publish_numbers(&a, 1..=3);
    publish_numbers(&b, 11..=13);
    let mut subscriber = resume(&b, &ids[1]);
    assert_eq!(texts(&mut subscriber), ["11", "12", "13"]);
}

#[test]
fn does_not_know_the_ids_of_another_hub() {
    let id = publish(&channel_in(&hub(9), "a"), "one");
    let hub = hub(9);
    let a = channel_in(&hub, "a");
    let one = publish(&a, "one");
    let expected = [
        named("gap", format!("{one}\na"), sibling(&one, 0)),
        event("one", &one),
    ];
    assert_eq!(seen(&mut resume(&a, &id)), expected);
}

#[test]
fn has_the_last_id_of_all_channels() {
    let hub = hub(9);
    let [a, b] = ["a", "b"].map(|name| channel_in(&hub, name));
    assert_eq!(parts(&hub.last_id()).1, 0);
    let one = publish(&a, "one");
    let two = publish(&b, "two");
    assert_eq!(
        [hub.last_id(), a.last_id(), b.last_id()],
        [two.clone(), one, two]
    );
}

#[test]
fn has_no_more_channels_than_its_maximum() {
    let hub = hub(2);
    let [a, _b] = ["a", "b"].map(|name| channel_in(&hub, name));
    let error = hub.channel::<Event>("c").unwrap_err();
    assert_eq!(error, ChannelError::TooMany { max: 2 });
    assert_eq!(error.to_string(), "the hub has 2 channels already");
    assert!(error.source().is_none());
    assert!(hub.channel::<Event>("a").is_ok(), "those that are there");
    assert_eq!(hub.len(), 2);
    drop(a);
    assert!(hub.channel::<Event>("c").is_ok());
    assert!(!has(&hub, "a"));
}

#[test]
fn subscribes_to_all_channels_or_to_none() {
    let hub = hub(1);
    let a = channel_in(&hub, "a");
    let id = last(a.last_id());
    let too_many = ChannelError::TooMany { max: 1 };
    for names in [["a", "b"], ["b", "a"]] {
        assert_eq!(hub.subscribe(names).unwrap_err(), too_many);
        assert_eq!(hub.replay(names).unwrap_err(), too_many);
        assert_eq!(hub.resume(names, Some(&id)).unwrap_err(), too_many);
        assert_eq!(a.subscriber_count(), 0);
    }
}

#[test]
fn counts_the_subscribers_of_each_channel() {
    let hub = hub(9);
    let one = channel_in(&hub, "a").subscribe();
    let two = hub.subscribe(["a", "b"]).unwrap();
    let count = |name| channel_in(&hub, name).subscriber_count();
    assert_eq!(["a", "b", "c"].map(count), [2, 1, 0]);
    drop(two);
    assert_eq!(["a", "b", "c"].map(count), [1, 0, 0]);
    drop(one);
    assert_eq!(["a", "b", "c"].map(count), [0, 0, 0]);
}

#[test]
fn counts_a_subscriber_of_a_name_given_twice_once() {
    let hub = hub(9);
    let mut subscriber = hub.subscribe(["a", "a"]).unwrap();
    let a = channel_in(&hub, "a");
    assert_eq!(a.subscriber_count(), 1);
    publish(&a, "one");
    assert_eq!(texts(&mut subscriber), ["one"]);
    drop(subscriber);
    assert_eq!(a.subscriber_count(), 0);
}

#[test]
fn lists_its_names_in_their_order() {
    let hub = hub(9);
    assert!(hub.names().is_empty());
    let _held = ["b", "a", "d", "c"].map(|name| channel_in(&hub, name));
    close(&hub, "b");
    let names = hub.names();
    assert_eq!(
        names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["a", "c", "d"]
    );
    hub.close();
    assert!(hub.names().is_empty());
}

#[test]
fn has_no_channel_that_is_closed() {
    let hub = hub(9);
    let a = channel_in(&hub, "a");
    let mut subscriber = a.subscribe();
    publish(&a, "one");
    hub.get::<Event>("a").unwrap().close();
    assert!(!has(&hub, "a"));
    assert_eq!(hub.len(), 0);
    assert!(a.publish(Event::new("two")).is_err());
    assert_eq!(texts(&mut subscriber), ["one"]);
    assert!(is_ended(&mut subscriber));
}

#[test]
fn makes_a_closed_channel_anew() {
    let hub = hub(9);
    let mut before = channel_in(&hub, "a").subscribe();
    close(&hub, "a");
    let mut after = channel_in(&hub, "a").subscribe();
    publish(&channel_in(&hub, "a"), "one");
    assert_eq!(texts(&mut before), [""; 0]);
    drop(before);
    assert_eq!(texts(&mut after), ["one"]);
    assert_eq!(channel_in(&hub, "a").subscriber_count(), 1);
}

#[test]
fn does_not_touch_a_channel_made_anew_by_another_close_of_the_one_before() {
    let hub = hub(9);
    let before = channel_in(&hub, "a");
    before.close();
    let mut after = channel_in(&hub, "a").subscribe();
    before.close();
    drop(before);
    assert!(has(&hub, "a"));
    assert!(is_waiting(&mut after));
}

#[test]
fn does_not_count_a_closed_channel_that_is_being_read() {
    let hub = hub(1);
    let a = channel_in(&hub, "a");
    let _subscriber = a.subscribe();
    a.close();
    assert_eq!((hub.len(), hub.names()), (0, vec![]));
    assert!(!channel_in(&hub, "b").is_closed());
}

#[test]
fn closes_all_channels_at_once() {
    let hub = hub(9);
    let mut subscribers = ["a", "b"].map(|name| channel_in(&hub, name).subscribe());
    publish(&channel_in(&hub, "a"), "one");
    hub.close();
    assert_eq!(texts(&mut subscribers[0]), ["one"]);
    assert!(subscribers.iter_mut().all(is_ended));
    assert!(hub.is_empty());
    // It can be used on.
    assert!(!channel_in(&hub, "a").is_closed());
}

#[test]
fn closes_when_the_last_handle_of_it_and_of_its_channels_is_dropped() {
    let hub = hub(9);
    let clone = hub.clone();
    let held = channel_in(&hub, "held");
    let mut subscribers = ["a", "held"].map(|name| channel_in(&hub, name).subscribe());
    drop(hub);
    publish(&channel_in(&clone, "a"), "one");
    assert_eq!(texts(&mut subscribers[0]), ["one"]);
    drop(clone);
    assert!(subscribers.iter_mut().all(is_waiting), "a channel is held");
    drop(held);
    assert!(subscribers.iter_mut().all(is_ended));
}

#[test]
fn gives_channels_the_common_options() {
    let hub = Hub::new(hub_options(9).channel_options(holding(2)));
    let channel: Channel<str> = hub.channel("a").unwrap();
    for text in ["1", "2", "3"] {
        channel.publish(text).unwrap();
    }
    assert_eq!(texts(&mut channel.replay()), ["2", "3"]);
}

#[test]
fn gives_channels_options_of_their_own() {
    let lag = |name: &str| {
        let text = format!("lost by {name}");
        LagPolicy::notify_with(move |_| Event::new(text.clone()))
    };
    let each = move |name: &str, options: ChannelOptions| options.lag_policy(lag(name));
    let hub = Hub::new(hub_options(9).channel_options(holding(1)).each(each));
    for name in ["a", "b"] {
        let channel = channel_in(&hub, name);
        let mut subscriber = channel.subscribe();
        publish_numbers(&channel, 1..=2);
        assert_eq!(texts(&mut subscriber), [&*format!("lost by {name}"), "2"]);
    }
}

#[test]
fn makes_one_channel_for_threads_that_ask_for_it_at_once() {
    let (hub, making) = (hub(9), Barrier::new(8));
    let mut numbers = thread::scope(|scope| {
        let publishing = [(); 8].map(|()| {
            scope.spawn(|| {
                making.wait();
                publish(&channel_in(&hub, "a"), "one")
            })
        });
        publishing.map(|id| parts(&id.join().unwrap()).1)
    });
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(texts(&mut channel_in(&hub, "a").replay()), ["one"; 8]);
}

#[test]
fn makes_one_channel_though_two_threads_make_its_options() {
    // Neither returns from the closure before the other has entered it.
    let both = Barrier::new(2);
    let hub = Hub::new(hub_options(9).each(move |_, options| {
        both.wait();
        options
    }));
    let [one, two] = thread::scope(|scope| {
        [(); 2]
            .map(|()| scope.spawn(|| channel_in(&hub, "a")))
            .map(|made| made.join().unwrap())
    });
    let mut subscriber = one.subscribe();
    publish(&two, "one");
    assert_eq!(texts(&mut subscriber), ["one"]);
    assert_eq!(hub.len(), 1);
}

#[test]
fn does_not_hold_up_other_channels_while_it_makes_the_options_of_one() {
    let (begun, go_on) = (Barrier::new(2), Barrier::new(2));
    let barriers = Arc::new((begun, go_on));
    let hub = Hub::new(hub_options(9).each({
        let barriers = Arc::clone(&barriers);
        move |name, options| {
            if name == "slow" {
                barriers.0.wait();
                barriers.1.wait();
            }
            options
        }
    }));
    let quick = channel_in(&hub, "quick");
    thread::scope(|scope| {
        let slow = scope.spawn(|| channel_in(&hub, "slow"));
        barriers.0.wait();
        publish(&channel_in(&hub, "quick"), "one");
        assert_eq!(hub.len(), 1);
        publish(&channel_in(&hub, "new"), "two");
        barriers.1.wait();
        publish(&slow.join().unwrap(), "three");
    });
    assert_eq!(parts(&quick.last_id()).1, 1);
    assert_eq!(parts(&hub.last_id()).1, 3);
}

#[test]
fn works_after_a_panic_in_the_closure_that_makes_options() {
    let hub = Hub::new(hub_options(9).each(|name, options| match name {
        "bad" => panic!("on purpose"),
        _ => options,
    }));
    let panicked = thread::scope(|scope| scope.spawn(|| channel_in(&hub, "bad")).join());
    assert!(panicked.is_err());
    publish(&channel_in(&hub, "good"), "one");
    assert_eq!(hub.len(), 1);
}

#[test]
fn debug_shows_the_bounds() {
    let debug = format!("{:?}", hub(9));
    let bounds = "max_channels: 9, max_bytes: 268435456, linger: 60s, ..";
    assert!(debug.starts_with("Hub { options: HubOptions { "), "{debug}");
    assert!(debug.contains(bounds), "{debug}");
}

#[test]
fn a_channel_that_was_made_anew_is_removed_with_the_closed_one() {
    let hub = hub(9);
    let mut ada = hub.subscriber("ada").subscribe(["a", "b"]).unwrap();
    close(&hub, "a");
    hub.subscribers("ada").add("a").unwrap();
    texts(&mut ada);
    hub.subscribers("ada").remove("a");
    publish(&channel_in(&hub, "a"), "not for ada");
    assert!(!texts(&mut ada).contains(&"not for ada".to_owned()));
}
