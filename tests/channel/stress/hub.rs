use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use tower_sse::Hub;

use super::threads::Random;
use crate::{
    hub::{channel_in, hub_options},
    support::*,
};

/// A hub whose channels are removed as soon as they are idle.
fn fleeting() -> Hub {
    Hub::new(hub_options(64).linger(Duration::from_nanos(1)))
}

/// Subscribes on threads while another looks for channels to remove. Returns how many of the
/// subscriptions had ended before they left.
fn contend(turns: u64, holds: bool) -> u64 {
    let (hub, is_over) = (fleeting(), AtomicBool::new(false));
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !is_over.load(Relaxed) {
                assert!(hub.len() <= 3);
            }
        });
        let subscribe = |seed: u64| {
            let (hub, mut random) = (hub.clone(), Random::new(seed + 1));
            let subscribe = move |_| {
                let channel = channel_in(&hub, &random.below(3).to_string());
                let mut subscription = channel.subscribe();
                let _held = holds.then_some(channel);
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
fn a_channel_that_is_held_is_not_removed() {
    assert_eq!(contend(20_000, true), 0);
}

#[test]
fn a_channel_that_has_a_subscriber_is_not_removed() {
    assert_eq!(contend(20_000, false), 0);
}

/// Publishes in four channels on two threads while a client reads all of them, and reconnects after
/// every few events. Returns the numbers that it got.
fn read_four(turns: u64) -> Vec<u64> {
    let names = ["a", "b", "c", "d"];
    let hub = Hub::new(hub_options(64));
    let mut subscription = hub.subscribe(names).unwrap();
    thread::scope(|scope| {
        for seed in 1..=2 {
            let (hub, mut random) = (hub.clone(), Random::new(seed));
            scope.spawn(move || {
                for _ in 0..turns {
                    let one = random.below(4);
                    let some = &names[one..=random.below(4).max(one)];
                    hub.publish(some, &tower_sse::Event::new("one")).unwrap();
                    random.pause();
                }
            });
        }
        let (mut numbers, mut random) = (Vec::new(), Random::new(3));
        while (numbers.len() as u64) < 2 * turns {
            let std::task::Poll::Ready(Some(event)) = poll(&mut subscription) else {
                continue;
            };
            let id = event.id().unwrap();
            numbers.push(parts(&id).1);
            if random.below(8) == 0 {
                subscription = hub.resume(names, Some(&last(&id))).unwrap();
                assert!(subscription.gaps().is_empty());
            }
        }
        numbers
    })
}

#[test]
fn a_client_of_several_channels_gets_each_event_once_in_order() {
    // As many as four channels retain in the worst case.
    let expected: Vec<_> = (1..=1_000).collect();
    assert_eq!(read_four(500), expected);
}
