//! Topics after a peak: no call pays for all of them, and their memory is returned.

use std::{
    hash::{Hash, Hasher},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use allocation_counter::measure;
use tower_sse::{Channel, ChannelOptions, Event, Topics};

use crate::{clock::Clock, support::SECOND};

/// A key that counts how often keys are dropped, and compared.
#[derive(Clone)]
struct Key {
    number: u64,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    dropped: AtomicUsize,
    compared: AtomicUsize,
}

impl Drop for Key {
    fn drop(&mut self) {
        self.counts.dropped.fetch_add(1, Relaxed);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.counts.compared.fetch_add(1, Relaxed);
        self.number == other.number
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.number.hash(hasher);
    }
}

/// Topics that are idle, and what is counted of their keys.
struct Peak {
    topics: Topics<Key>,
    counts: Arc<Counts>,
    clock: Clock,
}

impl Peak {
    const MANY: u64 = 100_000;

    fn new() -> Self {
        let clock = Clock::new();
        let most = NonZeroUsize::new(Self::MANY as usize).unwrap();
        let peak = Self {
            topics: Topics::new(most, ChannelOptions::with_timer(clock.clone())),
            counts: Arc::default(),
            clock,
        };
        (0..Self::MANY).for_each(|number| drop(peak.topics.topic(peak.key(number)).unwrap()));
        peak
    }

    fn key(&self, number: u64) -> Key {
        Key {
            number,
            counts: Arc::clone(&self.counts),
        }
    }

    /// Returns how many keys are dropped meanwhile.
    fn dropped(&self, meanwhile: impl FnOnce()) -> usize {
        let before = self.counts.dropped.load(Relaxed);
        meanwhile();
        self.counts.dropped.load(Relaxed) - before
    }
}

#[test]
fn each_call_pays_for_a_few_topics_that_are_due() {
    let peak = Peak::new();
    let held = peak.topics.topic(peak.key(0)).unwrap();
    peak.clock.advance(60_000);

    let keys = [1, 2, 3].map(|number| peak.key(Peak::MANY - number));
    let new = peak.key(Peak::MANY);
    let calls: Vec<(usize, Box<dyn FnOnce() + '_>)> = vec![
        // Of the 32 that are looked at, one is held.
        (
            31 + 1,
            Box::new(|| assert!(peak.topics.get(&keys[0]).is_none())),
        ),
        (32 + 1, Box::new(|| peak.topics.remove(&keys[1]))),
        (
            32 + 1,
            Box::new(|| assert!(peak.topics.topic(keys[2].clone()).is_ok())),
        ),
        (32, Box::new(|| assert!(peak.topics.topic(new).is_ok()))),
        (32, Box::new(|| assert!(peak.topics.len() > 1))),
        (32, Box::new(|| assert!(!peak.topics.is_empty()))),
        (0, Box::new(|| drop(held.subscribe()))),
    ];
    for (expected, call) in calls {
        assert_eq!(peak.dropped(call), expected);
    }
}

#[test]
fn many_calls_drop_all_topics_that_are_due() {
    let peak = Peak::new();
    peak.clock.advance(60_000);
    let mut calls = 0;
    while !peak.topics.is_empty() {
        calls += 1;
    }
    assert!((1_000..10_000).contains(&calls), "{calls}");
    assert_eq!(peak.counts.dropped.load(Relaxed), Peak::MANY as usize);
}

#[test]
fn a_call_at_the_bound_pays_for_a_few_topics() {
    let peak = Peak::new();
    let newer = peak.key(Peak::MANY);
    let dropped = peak.dropped(|| drop(peak.topics.topic(newer).unwrap()));
    assert_eq!(dropped, 1, "the one that gives way");
    let compared = peak.counts.compared.load(Relaxed);
    assert!(peak.topics.get(&peak.key(Peak::MANY)).is_some());
    assert_eq!(peak.counts.compared.load(Relaxed), compared + 1);
}

#[test]
fn their_memory_is_returned() {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone());
    let topics: Topics<u64> = Topics::new(NonZeroUsize::MAX, options);
    let after = measure(|| {
        (0..10_000).for_each(|key| drop(topics.topic(key).unwrap()));
        clock.advance(60_000);
        while !topics.is_empty() {}
    });
    assert!(after.bytes_max > 1_000_000, "{}", after.bytes_max);
    assert!(after.bytes_current < 10_000, "{}", after.bytes_current);
}

#[test]
fn a_topic_costs_less_than_1_kib() {
    const MANY: u64 = 10_000;
    let options = ChannelOptions::with_timer(Clock::new());
    let topics: Topics<u64> = Topics::new(NonZeroUsize::MAX, options);
    let made = measure(|| (0..MANY).for_each(|key| drop(topics.topic(key).unwrap())));
    let each = made.bytes_current / MANY as i64;
    assert!(each < 1024, "{each}");
}

#[test]
fn the_memory_of_events_is_returned() {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone())
        .max_events(NonZeroUsize::MAX)
        .max_age(SECOND);
    let channel: Channel = Channel::new(options);
    let after = measure(|| {
        for _ in 0..10_000 {
            channel.publish(Event::new("tiny")).unwrap();
        }
        clock.advance(2_000);
        channel.publish(Event::new("tiny")).unwrap();
    });
    assert!(after.bytes_max > 500_000, "{}", after.bytes_max);
    assert!(after.bytes_current < 10_000, "{}", after.bytes_current);
}
