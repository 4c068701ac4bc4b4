//! Hubs after a peak: no call pays for all channels, and their memory is returned.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use allocation_counter::measure;
use tower_sse::{Channel, ChannelOptions, Event, Hub, HubOptions, LagPolicy};

use crate::{
    clock::Clock,
    hub::{channel_in, has},
    support::SECOND,
};

/// Counts how often it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// A hub of channels that are idle, and how many channels have been dropped.
struct Peak {
    hub: Hub,
    dropped: Arc<AtomicUsize>,
    clock: Clock,
}

impl Peak {
    const MANY: usize = 100_000;

    fn new() -> Self {
        let (clock, dropped) = (Clock::new(), Arc::<AtomicUsize>::default());
        let each = {
            let dropped = Arc::clone(&dropped);
            move |_: &str, options: ChannelOptions| {
                let dropped = Dropped(Arc::clone(&dropped));
                options.lag_policy(LagPolicy::notify_with(move |_| {
                    unreachable!("{:?}: nobody lags", dropped.0)
                }))
            }
        };
        let options = HubOptions::with_timer(clock.clone())
            .max_channels(NonZeroUsize::new(Self::MANY).unwrap());
        let hub = Hub::new(options.each(each));
        for number in 0..Self::MANY {
            drop(channel_in(&hub, &number.to_string()));
        }
        Self {
            hub,
            dropped,
            clock,
        }
    }

    /// Returns how many channels are dropped meanwhile.
    fn dropped(&self, meanwhile: impl FnOnce()) -> usize {
        let before = self.dropped.load(Relaxed);
        meanwhile();
        self.dropped.load(Relaxed) - before
    }
}

#[test]
fn each_call_pays_for_a_few_channels_that_are_due() {
    let peak = Peak::new();
    let hub = &peak.hub;
    let held = channel_in(hub, "0");
    peak.clock.advance(60_000);

    let [one, two] = [1, 2].map(|number| (Peak::MANY - number).to_string());
    let new = Peak::MANY.to_string();
    let calls: Vec<(usize, Box<dyn FnOnce() + '_>)> = vec![
        // Of the 32 that are checked, one is held.
        (31 + 1, Box::new(|| assert!(!has(hub, &one)))),
        (32 + 1, Box::new(|| drop(channel_in(hub, &two)))),
        (32, Box::new(|| drop(channel_in(hub, &new)))),
        (32, Box::new(|| assert!(hub.len() > 1))),
        (32, Box::new(|| assert!(!hub.is_empty()))),
        (32, Box::new(|| assert!(hub.names().len() > 1))),
        (0, Box::new(|| drop(held.subscribe()))),
    ];
    for (expected, call) in calls {
        assert_eq!(peak.dropped(call), expected);
    }
}

#[test]
fn many_calls_drop_all_channels_that_are_due() {
    let peak = Peak::new();
    peak.clock.advance(60_000);
    let mut calls = 0;
    while !peak.hub.is_empty() {
        calls += 1;
    }
    assert!((1_000..10_000).contains(&calls), "{calls}");
    assert_eq!(peak.dropped.load(Relaxed), Peak::MANY);
}

#[test]
fn a_call_at_the_bound_pays_for_the_channel_that_gives_way() {
    let peak = Peak::new();
    let newer = Peak::MANY.to_string();
    let dropped = peak.dropped(|| drop(channel_in(&peak.hub, &newer)));
    assert_eq!(dropped, 1);
    assert!(has(&peak.hub, &newer));
}

/// Makes a hub without a bound, and a clock for it.
fn unbounded() -> (Hub, Clock) {
    let clock = Clock::new();
    let options = HubOptions::with_timer(clock.clone()).max_channels(NonZeroUsize::MAX);
    (Hub::new(options), clock)
}

#[test]
fn the_memory_of_channels_is_returned() {
    let (hub, clock) = unbounded();
    let after = measure(|| {
        (0..10_000).for_each(|number| drop(channel_in(&hub, &number.to_string())));
        clock.advance(60_000);
        while !hub.is_empty() {}
    });
    assert!(after.bytes_max > 1_000_000, "{}", after.bytes_max);
    assert!(after.bytes_current < 10_000, "{}", after.bytes_current);
}

#[test]
fn the_memory_of_names_that_the_hub_remembers_is_bounded() {
    let clock = Clock::new();
    let options = HubOptions::with_timer(clock).max_channels(NonZeroUsize::new(100).unwrap());
    let hub = Hub::new(options);
    let use_and_close = |number: u64| {
        let channel = channel_in(&hub, &format!("{number:0200}"));
        channel.publish(Event::new("lost")).unwrap();
        channel.close();
    };
    (0..100).for_each(use_and_close);
    let after = measure(|| (100..10_000).for_each(use_and_close));
    assert!(after.bytes_current < 10_000, "{}", after.bytes_current);
}

#[test]
fn a_channel_costs_less_than_1_kib() {
    const MANY: u64 = 10_000;
    let (hub, _clock) = unbounded();
    let make = |number: u64| drop(channel_in(&hub, &number.to_string()));
    let made = measure(|| (0..MANY).for_each(make));
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
