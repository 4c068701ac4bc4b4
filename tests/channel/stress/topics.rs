use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use tower_sse::Topics;

use super::threads::Random;
use crate::support::*;

/// Topics that are dropped as soon as they are idle.
fn fleeting() -> Topics<u64> {
    let topics = Topics::new(64.try_into().unwrap(), options());
    topics.linger(Duration::from_nanos(1))
}

/// Has threads subscribe while others look for topics to drop. Returns how many of the
/// subscriptions had ended before they left.
fn contend(turns: u64, holds: bool) -> u64 {
    let (topics, is_over) = (fleeting(), AtomicBool::new(false));
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !is_over.load(Relaxed) {
                assert!(topics.len() <= 3);
            }
        });
        let subscribe = |seed: u64| {
            let (topics, mut random) = (topics.clone(), Random::new(seed + 1));
            let subscribe = move |_| {
                let topic = topics.topic(random.below(3)).unwrap();
                let mut subscription = topic.subscribe();
                let _held = holds.then_some(topic);
                (0..random.below(50)).for_each(|_| std::hint::spin_loop());
                u64::from(is_ended(&mut subscription))
            };
            scope.spawn(move || (0..turns).map(subscribe).sum::<u64>())
        };
        let threads = [0, 1].map(subscribe);
        let ended = threads.map(|thread| thread.join().unwrap());
        is_over.store(true, Relaxed);
        looking.join().unwrap();
        ended.iter().sum()
    })
}

#[test]
fn a_topic_that_is_held_is_not_dropped() {
    assert_eq!(contend(20_000, true), 0);
}

#[test]
fn a_topic_that_has_a_subscriber_is_not_dropped() {
    assert_eq!(contend(20_000, false), 0);
}
