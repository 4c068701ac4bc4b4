use futures::{StreamExt, executor::block_on};
use tower_sse::{
    Channel, ChannelEvent, CloseReason, Event, EventId, LagPolicy, LastEventId, Subscription,
};

use super::threads::{Random, start, wait};
use crate::{decode::Client, support::*};

const PUBLISHERS: u64 = 3;
const READERS: u64 = 6;
const EVENTS: u64 = 1500;
const ALL: u64 = PUBLISHERS * EVENTS;

/// Publishes so many events, by itself and in batches.
fn publish(channel: &Channel, publisher: u64) {
    let mut random = Random::new(publisher + 1);
    let mut published = 0;
    while published < EVENTS {
        let batch = (random.below(4) as u64).min(EVENTS - published);
        let events = (published..published + batch.max(1))
            .map(|count| Event::new(format!("{publisher} {count}")));
        match batch {
            0 => events.for_each(|event| drop(channel.publish(event).unwrap())),
            _ => drop(channel.publish_all(events).unwrap()),
        }
        published += batch.max(1);
        random.pause();
    }
}

/// What a client has read.
#[derive(Default)]
struct Reading {
    /// The number of the last event.
    number: u64,
    /// How many it is reported to have missed.
    missed: u64,
    gaps: u64,
    resumes: u64,
    /// How many of each publisher it has seen.
    seen: [u64; PUBLISHERS as usize],
}

impl Reading {
    /// Reads so many events. Returns the id of the last; `None` if there are no more.
    fn read(&mut self, subscription: &mut Subscription, events: u64) -> Option<LastEventId> {
        let mut id = None;
        for _ in 0..events {
            let before = subscription.missed();
            let Some(event) = block_on(subscription.next()) else {
                if subscription.close_reason() == Some(CloseReason::Completed) {
                    return None;
                }
                // It has lagged, and is to resume.
                return id.or_else(|| Some(last(format!("unknown-{}", self.number))));
            };
            self.take(&event, subscription.missed() - before);
            id = event.id().and_then(LastEventId::new).or(id);
        }
        id.or_else(|| Some(last(format!("unknown-{}", self.number))))
    }

    fn take(&mut self, event: &ChannelEvent, missed: u64) {
        let encoded = event.encoded();
        let [[name, data, id]] = &Client::default().read(encoded.as_bytes())[..] else {
            panic!("one event");
        };
        let number = event.id().map_or(0, |id| parts(&id).1);
        assert_eq!(event.id().unwrap_or(EventId::EMPTY), *id);
        match &**name {
            "gap" => {
                self.gaps += 1;
                assert!(number >= self.number, "what it has is not sent again");
                self.number = number;
            }
            "lagged" => {
                assert_eq!(missed.to_string(), *data);
                self.number += missed;
            }
            _ => {
                self.number += missed + 1;
                assert_eq!(number, self.number);
                self.see(data, missed);
            }
        }
        self.missed += missed;
    }

    /// Checks the order of each publisher.
    fn see(&mut self, data: &str, missed: u64) {
        let (publisher, count) = data.split_once(' ').unwrap();
        let seen = &mut self.seen[publisher.parse::<usize>().unwrap()];
        let count: u64 = count.parse().unwrap();
        assert!(count >= *seen);
        assert!(count == *seen || missed + self.missed + self.gaps > 0);
        *seen = count + 1;
    }
}

/// Reads to the end, with a new connection now and then.
fn read(channel: &Channel, mut subscription: Subscription, seed: u64) -> Reading {
    let (mut random, mut reading) = (Random::new(seed + 100), Reading::default());
    loop {
        let events = 1 + random.below(400) as u64;
        let Some(id) = reading.read(&mut subscription, events) else {
            return reading;
        };
        random.pause();
        reading.resumes += 1;
        subscription = channel.resume(Some(&id));
    }
}

/// Has all publish and read at once. Returns what each has read; the last of them began when all
/// was over.
fn run(channel: &Channel) -> Vec<Reading> {
    let reader = |seed| {
        let (channel, subscription) = (channel.clone(), channel.subscribe());
        start(move || read(&channel, subscription, seed))
    };
    let mut readers: Vec<_> = (0..READERS).map(reader).collect();
    let late = channel.subscribe();
    let publisher = |publisher| {
        let channel = channel.clone();
        start(move || publish(&channel, publisher))
    };
    let publishers: Vec<_> = (0..PUBLISHERS).map(publisher).collect();
    publishers.iter().for_each(wait);
    channel.close();
    let channel = channel.clone();
    readers.push(start(move || read(&channel, late, READERS)));
    let readings: Vec<_> = readers.iter().map(wait).collect();
    for reading in &readings {
        assert_eq!(reading.number, ALL, "it ends with the last");
    }
    readings
}

#[test]
fn no_reader_loses_an_event_that_is_held() {
    let channel = Channel::new(holding(ALL as usize));
    for reading in run(&channel) {
        assert_eq!((reading.missed, reading.gaps), (0, 0));
        assert_eq!(reading.seen, [EVENTS; PUBLISHERS as usize]);
        assert!(reading.resumes > 0);
    }
    assert_eq!(channel.subscriber_count(), 0);
}

#[test]
fn a_reader_that_lags_learns_of_every_event_that_is_missed() {
    for lag in [
        LagPolicy::disconnect(),
        LagPolicy::notify(),
        LagPolicy::newest(),
    ] {
        let channel = Channel::new(holding(8).lag_policy(lag));
        let readings = run(&channel);
        let late = readings.last().unwrap();
        assert!(late.missed + late.gaps > 0, "the log is short");
        assert_eq!(channel.subscriber_count(), 0);
    }
}
