use std::{sync::mpsc, thread, time::Duration};

use tokio::time::advance;
use tower_sse::Topics;

use crate::{
    support::*,
    topics::{topic, topics},
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn lasts_a_minute_by_default() {
    let topics = topics(9);
    drop(topic(&topics, "a"));
    advance(60 * SECOND - MILLISECOND).await;
    assert!(topics.get("a").is_some());
    advance(MILLISECOND).await;
    assert!(topics.get("a").is_none());
    assert_eq!(topics.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn keeps_the_history_for_clients_that_come_back() {
    let topics = topics(9).linger(10 * SECOND);
    let one = publish(&topic(&topics, "a"), "one");
    drop(topic(&topics, "a").subscribe());
    publish(&topic(&topics, "a"), "two");
    advance(9 * SECOND).await;
    let mut subscriber = resume(&topic(&topics, "a"), &one);
    assert_eq!(texts(&mut subscriber), ["two"]);
    drop(subscriber);

    advance(10 * SECOND).await;
    let mut subscriber = resume(&topic(&topics, "a"), &one);
    assert_eq!(seen(&mut subscriber)[0][0], "gap");
}

#[tokio::test(start_paused = true)]
async fn begins_when_the_last_subscriber_leaves() {
    let topics = topics(9).linger(10 * SECOND);
    let one = topic(&topics, "a").subscribe();
    let two = topic(&topics, "a").subscribe();
    advance(60 * SECOND).await;
    assert_eq!(topics.len(), 1);
    drop(one);
    advance(60 * SECOND).await;
    assert_eq!(topics.len(), 1);
    drop(two);
    advance(9 * SECOND).await;
    assert_eq!(topics.len(), 1);
    advance(SECOND).await;
    assert_eq!(topics.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn begins_again_with_each_subscriber_that_leaves() {
    let topics = topics(9).linger(10 * SECOND);
    for _ in 0..5 {
        let subscriber = topic(&topics, "a").subscribe();
        advance(9 * SECOND).await;
        drop(subscriber);
        advance(9 * SECOND).await;
        assert_eq!(topics.len(), 1);
    }
    advance(SECOND).await;
    assert_eq!(topics.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn does_not_begin_while_somebody_may_publish() {
    let topics = topics(9).linger(10 * SECOND);
    let held = topic(&topics, "a");
    for _ in 0..5 {
        advance(30 * SECOND).await;
        assert_eq!(topics.len(), 1);
    }
    publish(&held, "one");
    let mut replay = topic(&topics, "a").replay();
    assert_eq!(texts(&mut replay), ["one"]);
    drop((held, replay));
    advance(10 * SECOND).await;
    assert_eq!(topics.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn ends_the_topic_for_good() {
    let topics = topics(9).linger(SECOND);
    let ids = publish_numbers(&topic(&topics, "a"), 1..=1);
    advance(SECOND).await;
    let anew = topic(&topics, "a");
    assert_ne!(parts(&publish(&anew, "one")).0, parts(&ids[0]).0);
}

#[tokio::test(start_paused = true)]
async fn of_the_longest_gives_way() {
    let topics = topics(3);
    for key in ["a", "b", "c"] {
        drop(topic(&topics, key));
        advance(SECOND).await;
    }
    // Now `b` has been idle for longer than `a`.
    drop(topic(&topics, "a").subscribe());
    drop(topic(&topics, "d"));
    let there = ["a", "b", "c", "d"].map(|key| topics.get(key).is_some());
    assert_eq!(there, [true, false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn at_one_moment_gives_way_in_turn() {
    let topics = topics(2);
    for key in ["a", "b", "c"] {
        drop(topic(&topics, key));
    }
    let there = ["a", "b", "c"].map(|key| topics.get(key).is_some());
    assert_eq!(there, [false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn gives_way_except_where_it_is_in_use() {
    let topics = topics(3);
    let _held = topic(&topics, "held");
    let _subscribed = topic(&topics, "subscribed").subscribe();
    for key in ["a", "b", "c"] {
        advance(SECOND).await;
        drop(topic(&topics, key));
        assert!(topics.get("held").is_some());
        assert!(topics.get("subscribed").is_some());
        assert!(topics.get(key).is_some());
        assert_eq!(topics.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn gives_way_though_many_are_in_use() {
    let topics = topics(101);
    let keys: Vec<_> = (0..100).map(|number: u64| number.to_string()).collect();
    let subscribe = |key: &String| topic(&topics, key).subscribe();
    let _subscribers: Vec<_> = keys.iter().map(subscribe).collect();
    drop(topic(&topics, "idle"));
    assert!(topics.topic("new".to_owned()).is_ok());
    assert!(topics.get("idle").is_none());
    assert_eq!(topics.len(), 101);
}

#[tokio::test(start_paused = true)]
async fn is_found_out_though_many_are_held() {
    let topics = topics(1000).linger(10 * SECOND);
    let keys: Vec<_> = (0..200).map(|number: u64| number.to_string()).collect();
    let _held: Vec<_> = keys.iter().map(|key| topic(&topics, key)).collect();
    advance(SECOND).await;
    drop(topic(&topics, "idle"));
    advance(10 * SECOND).await;
    assert!(topics.get("idle").is_none());
    assert_eq!(topics.len(), 200);
}

#[tokio::test(start_paused = true)]
async fn of_a_topic_before_does_not_count_for_the_one_after() {
    let topics = topics(9).linger(10 * SECOND);
    for remove in [|topics: &_| Topics::remove(topics, "a"), Topics::close] {
        let before = topic(&topics, "a").subscribe();
        advance(6 * SECOND).await;
        remove(&topics);
        drop(topic(&topics, "a"));
        advance(6 * SECOND).await;
        assert_eq!(topics.len(), 1, "it is not older than that");
        drop(before);
        advance(4 * SECOND).await;
        assert_eq!(topics.len(), 0, "nobody has left it since");
    }
}

#[tokio::test(start_paused = true)]
async fn is_found_out_by_a_call_for_the_keys() {
    let topics = topics(9);
    drop(topic(&topics, "a"));
    advance(60 * SECOND).await;
    assert_eq!(topics.keys(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn begins_anew_when_it_is_found_that_somebody_may_publish() {
    let topics = topics(9).linger(10 * SECOND);
    let held = topic(&topics, "a");
    advance(60 * SECOND).await;
    assert_eq!(topics.len(), 1);
    drop(held);
    advance(9 * SECOND).await;
    assert_eq!(topics.len(), 1);
    advance(SECOND).await;
    assert_eq!(topics.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn may_be_none_at_all() {
    let topics = topics(9).linger(Duration::ZERO);
    let subscriber = topic(&topics, "a").subscribe();
    assert_eq!(topics.len(), 1);
    drop(subscriber);
    assert_eq!(topics.len(), 0);
}

#[test]
fn may_be_none_at_all_while_somebody_may_publish() {
    let topics = topics(9).linger(Duration::ZERO);
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let _held = topic(&topics, "a");
        done.send(topics.len()).unwrap();
    });
    assert_eq!(is_done.recv_timeout(5 * SECOND), Ok(1));
}
