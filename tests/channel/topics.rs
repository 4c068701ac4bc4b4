use std::{
    error::Error,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use futures::stream;
use tower_sse::{Channel, Event, EventId, GapPolicy, TooManyTopics, Topics};

use crate::support::*;

pub(crate) fn topics(most: usize) -> Topics<String> {
    Topics::new(most.try_into().unwrap(), options())
}

pub(crate) fn topic(topics: &Topics<String>, key: &str) -> Channel {
    topics.topic(key.to_owned()).unwrap()
}

#[test]
fn are_made_on_demand() {
    let topics = topics(9);
    assert!(topics.is_empty());
    assert!(topics.get("a").is_none());
    let a = topic(&topics, "a");
    let mut subscriber = a.subscribe();
    publish(&topic(&topics, "a"), "one");
    publish(&topics.get("a").unwrap(), "two");
    assert_eq!(texts(&mut subscriber), ["one", "two"]);
    assert_eq!((topics.len(), topics.is_empty()), (1, false));
}

#[test]
fn do_not_hear_each_other() {
    let topics = topics(9);
    let mut subscribers = ["a", "b"].map(|key| topic(&topics, key).subscribe());
    publish(&topic(&topics, "a"), "to a");
    publish(&topic(&topics, "b"), "to b");
    let heard = subscribers.each_mut().map(texts);
    assert_eq!(heard, [["to a"], ["to b"]]);
}

#[test]
fn do_not_know_the_ids_of_each_other() {
    let topics = topics(9);
    let [a, b] = ["a", "b"].map(|key| topic(&topics, key));
    let ids = publish_numbers(&a, 1..=3);
    publish_numbers(&b, 11..=13);
    let mut subscriber = resume(&b, &ids[1]);
    let seen = seen(&mut subscriber);
    assert_eq!(seen[0][0], "gap");
    assert_eq!(seen.len(), 4);
}

#[test]
fn are_no_more_than_may_be() {
    let topics = topics(2);
    let [a, _b] = ["a", "b"].map(|key| topic(&topics, key));
    let error = topics.topic("c".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "there are too many topics");
    assert!(error.source().is_none());
    let _: TooManyTopics = error.clone();
    assert!(topics.topic("a".to_owned()).is_ok(), "those that are there");
    assert_eq!(topics.len(), 2);
    drop(a);
    assert!(topics.topic("c".to_owned()).is_ok());
    assert!(topics.get("a").is_none());
}

#[test]
fn know_how_many_subscribers_they_have() {
    let topics = topics(9);
    let one = topic(&topics, "a").subscribe();
    let two = topic(&topics, "a").resume(None);
    assert_eq!(topics.get("a").unwrap().subscriber_count(), 2);
    assert_eq!(topic(&topics, "b").subscriber_count(), 0);
    drop((one, two));
    assert_eq!(topics.get("a").unwrap().subscriber_count(), 0);
}

#[test]
fn list_their_keys() {
    let topics = topics(9);
    assert_eq!(topics.keys(), Vec::<String>::new());
    let _held = ["b", "a", "c"].map(|key| topic(&topics, key));
    topics.remove("b");
    let mut keys = topics.keys();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "c"]);
    topics.close();
    assert!(topics.keys().is_empty());
}

#[test]
fn that_are_removed_end() {
    let topics = topics(9);
    let a = topic(&topics, "a");
    let mut subscriber = a.subscribe();
    publish(&a, "one");
    topics.remove("a");
    topics.remove("a");
    topics.remove("never");
    assert!(topics.get("a").is_none());
    assert!(a.publish(Event::new("two")).is_err());
    assert_eq!(texts(&mut subscriber), ["one"]);
    assert!(is_ended(&mut subscriber));
    assert_eq!(topics.len(), 0);
}

#[test]
fn that_are_removed_are_made_anew() {
    let topics = topics(9);
    let mut before = topic(&topics, "a").subscribe();
    topics.remove("a");
    let mut after = topic(&topics, "a").subscribe();
    publish(&topic(&topics, "a"), "one");
    assert_eq!(texts(&mut before), [""; 0]);
    drop(before);
    assert_eq!(texts(&mut after), ["one"]);
    assert_eq!(topics.get("a").unwrap().subscriber_count(), 1);
}

#[test]
fn that_are_closed_are_not_there() {
    let topics = topics(9);
    let a = topic(&topics, "a");
    assert!(topics.get("a").is_some());
    a.close();
    assert!(topics.get("a").is_none());
}

#[test]
fn that_are_closed_are_made_anew() {
    let topics = topics(1);
    let a = topic(&topics, "a");
    let mut before = a.subscribe();
    let one = publish(&a, "one");
    a.close();

    let anew = topic(&topics, "a");
    assert!(!anew.is_closed());
    assert_eq!(texts(&mut before), ["one"]);
    assert!(is_ended(&mut before));
    let mut resumed = resume(&anew, &one);
    assert_eq!(seen(&mut resumed)[0][0], "gap", "its history is gone");
    assert_eq!(topics.len(), 1);
}

#[test]
fn that_are_closed_do_not_count() {
    let topics = topics(1);
    let a = topic(&topics, "a");
    let _subscriber = a.subscribe();
    a.close();
    assert_eq!((topics.len(), topics.keys()), (0, vec![]));
    assert!(!topic(&topics, "b").is_closed());
}

#[test]
fn close_all_at_once() {
    let topics = topics(9);
    let mut subscribers = ["a", "b"].map(|key| topic(&topics, key).subscribe());
    publish(&topic(&topics, "a"), "one");
    topics.close();
    assert_eq!(texts(&mut subscribers[0]), ["one"]);
    assert!(subscribers.iter_mut().all(is_ended));
    assert!(topics.is_empty());
    // It can be used on.
    assert!(!topic(&topics, "a").is_closed());
}

#[test]
fn close_when_the_last_clone_is_dropped() {
    let topics = topics(9);
    let clone = topics.clone();
    let held = topic(&topics, "held");
    let mut subscribers = ["a", "held"].map(|key| topic(&topics, key).subscribe());
    drop(topics);
    publish(&topic(&clone, "a"), "one");
    assert_eq!(texts(&mut subscribers[0]), ["one"]);
    assert!(is_waiting(&mut subscribers[0]));
    drop(clone);
    assert!(is_ended(&mut subscribers[0]));
    assert!(is_waiting(&mut subscribers[1]), "somebody holds it");
    drop(held);
    assert!(is_ended(&mut subscribers[1]));
}

#[test]
fn have_the_options_they_were_given() {
    let topics: Topics<u8, str> = Topics::new(9.try_into().unwrap(), holding(2));
    let topic = topics.topic(7).unwrap();
    for text in ["1", "2", "3"] {
        topic.publish(text).unwrap();
    }
    assert_eq!(texts(&mut topic.replay()), ["2", "3"]);
}

#[test]
fn have_options_of_their_own() {
    let gap = |key: &String| {
        let text = format!("history of {key}");
        GapPolicy::backfill(move |_| stream::iter([Event::new(text.clone())]))
    };
    let topics = topics(9).each(move |key, options| options.gap_policy(gap(key)));
    for key in ["a", "b"] {
        let mut subscriber = resume(&topic(&topics, key), "other-7");
        assert_eq!(texts(&mut subscriber), [format!("history of {key}")]);
    }
}

#[test]
fn number_on_where_their_own_options_say_so() {
    let last = EventId::from_static("ABCDEF-41");
    let all = Topics::<String>::new(9.try_into().unwrap(), options().after(&last));
    assert_ne!(topic(&all, "a").last_id(), last, "they would share ids");

    let topics = topics(9).each(move |key, options| match key.as_str() {
        "a" => options.after(&last),
        _ => options,
    });
    assert_eq!(publish(&topic(&topics, "a"), "one"), "ABCDEF-42");
    assert_eq!(parts(&publish(&topic(&topics, "b"), "one")).1, 1);
    topics.remove("a");
    assert_eq!(topic(&topics, "a").last_id(), "ABCDEF-41", "made anew");
}

#[test]
fn are_made_one_after_the_other() {
    let (made, making) = (Arc::new(AtomicUsize::new(0)), Barrier::new(8));
    let topics = topics(9).each({
        let made = Arc::clone(&made);
        move |_, options| {
            made.fetch_add(1, Ordering::Relaxed);
            options
        }
    });
    let ids = thread::scope(|scope| {
        let publishing = [(); 8].map(|()| {
            scope.spawn(|| {
                making.wait();
                publish(&topic(&topics, "a"), "one")
            })
        });
        publishing.map(|id| parts(&id.join().unwrap()).1)
    });
    assert_eq!(ids.into_iter().max(), Some(8), "they are one topic");
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[test]
fn that_are_there_do_not_wait_for_one_that_is_made() {
    let (begun, go_on) = (Barrier::new(2), Barrier::new(2));
    let barriers = Arc::new((begun, go_on));
    let topics = topics(9).each({
        let barriers = Arc::clone(&barriers);
        move |key, options| {
            if key == "slow" {
                barriers.0.wait();
                barriers.1.wait();
            }
            options
        }
    });
    let quick = topic(&topics, "quick");
    thread::scope(|scope| {
        let slow = scope.spawn(|| topic(&topics, "slow"));
        barriers.0.wait();
        publish(&topic(&topics, "quick"), "one");
        assert_eq!(topics.len(), 1);
        barriers.1.wait();
        publish(&slow.join().unwrap(), "two");
    });
    assert_eq!(parts(&quick.last_id()).1, 1);
}

#[test]
fn are_made_again_after_a_panic_while_they_were_made() {
    let topics = topics(9).each(|key, options| match key.as_str() {
        "bad" => panic!("on purpose"),
        _ => options,
    });
    let panicked = thread::scope(|scope| scope.spawn(|| topic(&topics, "bad")).join());
    assert!(panicked.is_err());
    publish(&topic(&topics, "good"), "one");
    assert_eq!(topics.len(), 1);
}

#[test]
fn debug_shows_the_bounds() {
    assert_eq!(
        format!("{:?}", topics(9)),
        "Topics { max_topics: 9, linger: 60s, .. }"
    );
}
