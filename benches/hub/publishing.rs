//! From the publisher to the log.

use std::{sync::Arc, thread, time::Duration};

use tower_sse::Channel;

use super::{
    case::{Case, measure, measured},
    feed::{Feed, Width, event},
    reader::Reader,
};

const EVENTS: usize = 4000;
const WAKES: usize = 10;
const THREADS: [usize; 3] = [1, 2, 4];
const SUBSCRIBERS: [usize; 3] = [0, 1, 1000];
const WIDTHS: [Width; 3] = [Width::Alone, Width::Hub(1), Width::Hub(4)];

pub(crate) fn cases() -> Vec<Case> {
    let busy = SUBSCRIBERS.into_iter().flat_map(|subscribers| {
        THREADS
            .into_iter()
            .flat_map(move |threads| WIDTHS.map(|width| to_busy(width, threads, subscribers)))
    });
    let waiting = WIDTHS
        .into_iter()
        .flat_map(|width| [1, 1000].map(|subscribers| to_waiting(width, subscribers)));
    busy.chain(waiting).collect()
}

/// The subscribers are busy, so that no one is woken. Each thread begins with another channel.
fn to_busy(width: Width, threads: usize, subscribers: usize) -> Case {
    let way = format!("{width}, {subscribers} busy, threads: {threads}");
    let start = move || {
        let feed = Feed::new(width);
        let readers = Reader::many(&feed, subscribers);
        let channels: Arc<[Channel]> = feed.channels().into();
        move || {
            let _kept = (&feed, &readers);
            publish_by(threads, &channels)
        }
    };
    Case::new("publishing", way, EVENTS, start)
}

fn publish_by(threads: usize, channels: &[Channel]) -> Duration {
    let publish = |first: usize| {
        let event = event();
        for at in first..first + EVENTS / threads {
            channels[at % channels.len()].publish(&event).unwrap();
        }
    };
    measure(|| match threads {
        1 => publish(0),
        _ => thread::scope(|scope| {
            for first in 0..threads {
                scope.spawn(move || measured(|| publish(first)));
            }
        }),
    })
}

/// Each event wakes all subscribers.
fn to_waiting(width: Width, subscribers: usize) -> Case {
    let way = format!("{width}, {subscribers} waiting, threads: 1");
    let start = move || {
        let (feed, event) = (Feed::new(width), event());
        let mut readers = Reader::many(&feed, subscribers);
        readers.iter_mut().for_each(Reader::wait);
        move || {
            let turns = (0..WAKES).map(|_| {
                let time = measure(|| feed.publish(&event));
                readers.iter_mut().for_each(|reader| {
                    reader.read_one();
                    reader.wait();
                });
                time
            });
            turns.sum()
        }
    };
    Case::new("publishing", way, WAKES, start)
}
