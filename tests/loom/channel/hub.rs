use std::{
    collections::HashSet,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use loom::thread;

use super::support::{holding, look, next, rest, wait};
use crate::{BoxError, EventId, Subscription, Topics, loom_tests::in_every_order};

/// Makes at most this many topics. An idle topic is dropped at the next look at it.
fn topics(most: usize) -> Topics<&'static str, str> {
    let most = NonZeroUsize::new(most).unwrap();
    Topics::new(most, holding(10)).linger(Duration::from_millis(1))
}

/// Checks that the topic `a` is the one that is subscribed to, and that it is dropped afterwards.
fn assert_lives(topics: &Topics<&'static str, str>, mut subscription: Subscription) {
    assert!(look(&mut subscription).is_pending(), "it is closed");
    topics.get("a").unwrap().publish("one").unwrap();
    assert_eq!(next(&mut subscription).1, "one");
    drop(subscription);
    assert!(topics.is_empty());
}

#[test]
fn a_topic_lives_whose_subscriber_comes_while_idle_topics_are_dropped() {
    in_every_order(3, || {
        let topics = topics(10);
        let coming = thread::spawn({
            let topics = topics.clone();
            move || topics.topic("a").unwrap().subscribe()
        });
        topics.len();
        assert_lives(&topics, coming.join().unwrap());
    });
}

#[test]
fn a_topic_lives_whose_subscriber_comes_while_another_wants_its_place() {
    in_every_order(3, || {
        let topics = topics(1);
        let coming = thread::spawn({
            let topics = topics.clone();
            move || topics.topic("a").ok().map(|topic| topic.subscribe())
        });
        let other = topics.topic("b").is_ok();
        match coming.join().unwrap() {
            Some(subscription) => assert_lives(&topics, subscription),
            None => assert!(other),
        }
    });
}

#[test]
fn a_topic_lives_whose_next_subscriber_comes_as_the_last_leaves() {
    in_every_order(3, || {
        let topics = topics(10);
        let subscription = topics.topic("a").unwrap().subscribe();
        let leaving = thread::spawn(|| drop(subscription));
        let coming = thread::spawn({
            let topics = topics.clone();
            move || topics.topic("a").unwrap().subscribe()
        });
        let subscription = coming.join().unwrap();
        leaving.join().unwrap();
        assert_lives(&topics, subscription);
    });
}

#[test]
fn a_topic_is_dropped_whose_last_subscriber_left_while_it_was_looked_at() {
    in_every_order(3, || {
        let topics = topics(10);
        let leaving = [(); 2].map(|()| {
            let subscription = topics.topic("a").unwrap().subscribe();
            thread::spawn(|| drop(subscription))
        });
        topics.len();
        for leaving in leaving {
            leaving.join().unwrap();
        }
        assert!(topics.is_empty());
    });
}

#[test]
fn a_topic_that_is_removed_ends_for_its_subscribers() {
    in_every_order(3, || {
        let topics = topics(10);
        let topic = topics.topic("a").unwrap();
        let mut subscription = topic.subscribe();
        let removing = thread::spawn({
            let topics = topics.clone();
            move || topics.remove("a")
        });
        assert!(wait(&mut subscription).is_none());
        removing.join().unwrap();
        assert!(topics.is_empty());
    });
}

#[test]
fn a_subscriber_that_reads_the_end_of_a_removed_topic_finds_another() {
    in_every_order(2, || {
        let topics = topics(1);
        let topic = topics.topic("a").unwrap();
        let subscription = topic.subscribe();
        let publishing = thread::spawn(move || {
            let store = |_: &EventId| Ok::<_, BoxError>(());
            topic.publish_with("one", store).is_ok()
        });
        let removing = thread::spawn({
            let topics = topics.clone();
            move || topics.remove("a")
        });
        let got = rest(subscription).len();
        assert!(!topics.topic("a").unwrap().is_closed());
        assert_eq!(got, usize::from(publishing.join().unwrap()));
        removing.join().unwrap();
    });
}

#[test]
fn no_id_is_given_twice_while_a_topic_is_removed() {
    let remove: [fn(&Topics<_, str>); 2] = [|topics| topics.remove("a"), Topics::close];
    for remove in remove {
        in_every_order(2, move || {
            // It is a store, which is no step of the model, so its lock is std's.
            let stored = Arc::new(Mutex::new(vec![EventId::from_static("ABCDEF-41")]));
            let topics = topics(10).each({
                let stored = Arc::clone(&stored);
                move |_, options| options.after(stored.lock().unwrap().last().unwrap())
            });
            let publish = {
                let (topics, stored) = (topics.clone(), Arc::clone(&stored));
                move || {
                    let store = |id: &EventId| {
                        // It takes its time.
                        thread::yield_now();
                        stored.lock().unwrap().push(id.clone());
                        Ok::<_, BoxError>(())
                    };
                    // It may be closed by now.
                    let _ = topics.topic("a").unwrap().publish_with("one", store);
                }
            };
            let publishing = thread::spawn(publish.clone());
            let removing = thread::spawn(move || remove(&topics));
            publish();
            publishing.join().unwrap();
            removing.join().unwrap();
            let stored = stored.lock().unwrap();
            let distinct: HashSet<_> = stored.iter().collect();
            assert_eq!(distinct.len(), stored.len(), "{stored:?}");
        });
    }
}
