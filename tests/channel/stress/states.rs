use futures::{StreamExt, executor::block_on};
use tower_sse::{CloseReason, Event, EventName, LastEventId, StateChannel, Subscription};

use super::threads::{Random, start, wait};
use crate::{decode::Client, support::*};

const TOTAL: EventName = EventName::from_static("total");
const WRITERS: u64 = 3;
const READERS: u64 = 4;
const CHANGES: u64 = 1500;

fn total(count: &u64) -> Event {
    Event::new(count.to_string()).name(TOTAL)
}

/// Follows the count, with a new connection now and then. Returns what it came to, and how often
/// it got a snapshot.
fn follow(counter: &StateChannel<u64>, mut subscription: Subscription, seed: u64) -> (u64, u64) {
    let mut random = Random::new(seed + 7);
    let (mut count, mut snapshots) = (0, 0);
    let mut id = None::<LastEventId>;
    loop {
        for _ in 0..1 + random.below(30) {
            let Some(event) = block_on(subscription.next()) else {
                match subscription.close_reason() {
                    Some(CloseReason::Completed) => return (count, snapshots),
                    _ => break,
                }
            };
            let seen = Client::default().read(event.encoded().as_bytes()).remove(0);
            let shown: u64 = seen[1].parse().unwrap();
            match &*seen[0] {
                "total" => {
                    snapshots += 1;
                    assert!(shown >= count);
                }
                _ => assert_eq!(shown, count + 1, "no change is lost, and none comes twice"),
            }
            count = shown;
            id = Some(last(&seen[2]));
        }
        random.pause();
        if random.below(2) == 0 {
            id = None;
        }
        subscription = counter.resume(id.as_ref(), total).unwrap();
    }
}

#[test]
fn changes_fit_the_snapshots_before_them() {
    for held in [(WRITERS * CHANGES) as usize, 16] {
        let counter = StateChannel::new(0, holding(held));
        let reader = |seed| {
            let subscription = counter.subscribe(total).unwrap();
            let counter = counter.clone();
            start(move || follow(&counter, subscription, seed))
        };
        let readers: Vec<_> = (0..READERS).map(reader).collect();
        let writer = |seed| {
            let counter = counter.clone();
            start(move || {
                let mut random = Random::new(seed + 70);
                for _ in 0..CHANGES {
                    let change = |count: &mut u64| {
                        *count += 1;
                        Event::new(count.to_string())
                    };
                    counter.update(change).unwrap();
                    random.pause();
                }
            })
        };
        let writers: Vec<_> = (0..WRITERS).map(writer).collect();
        writers.iter().for_each(wait);
        counter.channel().close();
        for reader in &readers {
            let (count, snapshots) = wait(reader);
            assert_eq!(count, WRITERS * CHANGES);
            assert!(snapshots > 0);
        }
    }
}
