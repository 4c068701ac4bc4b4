use std::{sync::mpsc, thread, time::Duration};

use tokio::time::advance;
use tower_sse::{Event, Hub};

use crate::{
    hub::{channel_in, close, has, hub, hub_options},
    support::*,
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn lasts_a_minute_by_default() {
    let hub = hub(9);
    drop(channel_in(&hub, "a"));
    advance(60 * SECOND - MILLISECOND).await;
    assert!(has(&hub, "a"));
    advance(MILLISECOND).await;
    assert!(!has(&hub, "a"));
    assert_eq!(hub.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn does_not_end_a_channel_that_retains_events() {
    let hub = Hub::new(hub_options(9).linger(10 * SECOND));
    let one = publish(&channel_in(&hub, "a"), "one");
    drop(channel_in(&hub, "a").subscribe());
    publish(&channel_in(&hub, "a"), "two");
    for _ in 0..3 {
        advance(3600 * SECOND).await;
        assert_eq!(hub.len(), 1);
        let mut subscriber = resume(&channel_in(&hub, "a"), &one);
        assert_eq!(texts(&mut subscriber), ["two"]);
    }
}

#[tokio::test(start_paused = true)]
async fn ends_a_channel_once_its_events_are_too_old() {
    let options = hub_options(9).channel_options(options().max_age(15 * SECOND));
    let hub = Hub::new(options.linger(10 * SECOND));
    publish(&channel_in(&hub, "a"), "one");
    advance(10 * SECOND).await;
    assert_eq!(hub.len(), 1, "it retains the event");
    advance(9 * SECOND).await;
    assert_eq!(hub.len(), 1, "it was checked before");
    advance(SECOND).await;
    assert_eq!(hub.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn begins_when_the_last_subscriber_leaves() {
    let hub = Hub::new(hub_options(9).linger(10 * SECOND));
    let one = channel_in(&hub, "a").subscribe();
    let two = channel_in(&hub, "a").subscribe();
    advance(60 * SECOND).await;
    assert_eq!(hub.len(), 1);
    drop(one);
    advance(60 * SECOND).await;
    assert_eq!(hub.len(), 1);
    drop(two);
    advance(9 * SECOND).await;
    assert_eq!(hub.len(), 1);
    advance(SECOND).await;
    assert_eq!(hub.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn begins_again_with_each_subscriber_that_leaves() {
    let hub = Hub::new(hub_options(9).linger(10 * SECOND));
    for _ in 0..5 {
        let subscriber = channel_in(&hub, "a").subscribe();
        advance(9 * SECOND).await;
        drop(subscriber);
        advance(9 * SECOND).await;
        assert_eq!(hub.len(), 1);
    }
    advance(SECOND).await;
    assert_eq!(hub.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn does_not_begin_while_somebody_may_publish() {
    let hub = Hub::new(hub_options(9).linger(10 * SECOND));
    let held = channel_in(&hub, "a");
    for _ in 0..5 {
        advance(30 * SECOND).await;
        assert_eq!(hub.len(), 1);
    }
    let mut subscriber = channel_in(&hub, "a").subscribe();
    assert!(is_waiting(&mut subscriber));
    drop((held, subscriber));
    advance(10 * SECOND).await;
    assert_eq!(hub.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn does_not_begin_while_a_task_waits_for_a_change() {
    let hub = Hub::new(hub_options(1).linger(SECOND));
    let a = channel_in(&hub, "a");
    let futures: [Box<dyn Send>; 2] = [
        Box::new(a.wait_for_subscriber()),
        Box::new(a.wait_until_idle()),
    ];
    drop(a);
    for future in futures {
        advance(60 * SECOND).await;
        assert!(has(&hub, "a"));
        assert!(hub.channel::<Event>("b").is_err(), "it makes no room");
        drop(future);
    }
    advance(SECOND).await;
    assert!(!has(&hub, "a"));
}

#[tokio::test(start_paused = true)]
async fn of_the_longest_gives_way() {
    let hub = hub(3);
    for name in ["a", "b", "c"] {
        drop(channel_in(&hub, name));
        advance(SECOND).await;
    }
    // Now `b` has been idle for longer than `a`.
    drop(channel_in(&hub, "a").subscribe());
    drop(channel_in(&hub, "d"));
    let there = ["a", "b", "c", "d"].map(|name| has(&hub, name));
    assert_eq!(there, [true, false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn without_events_gives_way_first() {
    let hub = Hub::new(hub_options(3).linger(SECOND));
    for name in ["a", "b"] {
        publish(&channel_in(&hub, name), "one");
        advance(SECOND).await;
    }
    let there = || ["a", "b", "c", "d"].map(|name| has(&hub, name));
    drop(channel_in(&hub, "c"));
    drop(channel_in(&hub, "d"));
    assert_eq!(there(), [true, true, false, true]);
    publish(&channel_in(&hub, "d"), "one");
    drop(channel_in(&hub, "c"));
    assert_eq!(there(), [false, true, true, true]);
}

#[tokio::test(start_paused = true)]
async fn at_one_moment_gives_way_in_turn() {
    let hub = hub(2);
    for name in ["a", "b", "c"] {
        drop(channel_in(&hub, name));
    }
    let there = ["a", "b", "c"].map(|name| has(&hub, name));
    assert_eq!(there, [false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn gives_way_except_where_it_is_in_use() {
    let hub = hub(3);
    let _held = channel_in(&hub, "held");
    let _subscribed = channel_in(&hub, "subscribed").subscribe();
    for name in ["a", "b", "c"] {
        advance(SECOND).await;
        drop(channel_in(&hub, name));
        assert!(has(&hub, "held"));
        assert!(has(&hub, "subscribed"));
        assert!(has(&hub, name));
        assert_eq!(hub.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn gives_way_though_many_are_in_use() {
    let hub = hub(101);
    let names: Vec<_> = (0..100).map(|number: u64| number.to_string()).collect();
    let subscribe = |name: &String| channel_in(&hub, name).subscribe();
    let _subscribers: Vec<_> = names.iter().map(subscribe).collect();
    drop(channel_in(&hub, "idle"));
    assert!(hub.channel::<Event>("new").is_ok());
    assert!(!has(&hub, "idle"));
    assert_eq!(hub.len(), 101);
}

#[tokio::test(start_paused = true)]
async fn is_found_out_though_many_are_held() {
    let hub = Hub::new(hub_options(1000).linger(10 * SECOND));
    let names: Vec<_> = (0..200).map(|number: u64| number.to_string()).collect();
    let _held: Vec<_> = names.iter().map(|name| channel_in(&hub, name)).collect();
    advance(SECOND).await;
    drop(channel_in(&hub, "idle"));
    advance(10 * SECOND).await;
    assert!(!has(&hub, "idle"));
    assert_eq!(hub.len(), 200);
}

#[tokio::test(start_paused = true)]
async fn of_a_closed_channel_does_not_count_for_the_one_after() {
    let hub = Hub::new(hub_options(9).linger(10 * SECOND));
    for remove in [|hub: &_| close(hub, "a"), Hub::close] {
        let before = channel_in(&hub, "a").subscribe();
        advance(6 * SECOND).await;
        remove(&hub);
        drop(channel_in(&hub, "a"));
        advance(6 * SECOND).await;
        assert_eq!(hub.len(), 1, "it is not older than that");
        drop(before);
        advance(4 * SECOND).await;
        assert_eq!(hub.len(), 0, "nobody has left it since");
    }
}

#[tokio::test(start_paused = true)]
async fn is_found_out_by_a_call_for_the_names() {
    let hub = hub(9);
    drop(channel_in(&hub, "a"));
    advance(60 * SECOND).await;
    assert!(hub.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn begins_anew_when_it_is_found_that_somebody_may_publish() {
    let hub = Hub::new(hub_options(9).linger(10 * SECOND));
    let held = channel_in(&hub, "a");
    advance(60 * SECOND).await;
    assert_eq!(hub.len(), 1);
    drop(held);
    advance(9 * SECOND).await;
    assert_eq!(hub.len(), 1);
    advance(SECOND).await;
    assert_eq!(hub.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn may_be_none_at_all() {
    let hub = Hub::new(hub_options(9).linger(Duration::ZERO));
    let subscriber = channel_in(&hub, "a").subscribe();
    assert_eq!(hub.len(), 1);
    drop(subscriber);
    assert_eq!(hub.len(), 0);
}

#[test]
fn may_be_none_at_all_while_somebody_may_publish() {
    let hub = Hub::new(hub_options(9).linger(Duration::ZERO));
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let _held = channel_in(&hub, "a");
        done.send(hub.len()).unwrap();
    });
    assert_eq!(is_done.recv_timeout(5 * SECOND), Ok(1));
}
