//! From the log to a subscriber.

use std::time::Duration;

use super::{
    case::{Case, measure},
    feed::{Feed, Width, event},
    reader::Reader,
};

/// No more than a log holds.
const EVENTS: usize = 1000;
const READERS: usize = 100;
const TURNS: usize = 10;

pub(crate) fn cases() -> Vec<Case> {
    let subjects: [fn(Width) -> Case; 4] = [saturated, one_at_a_time, wait, cycle];
    subjects
        .iter()
        .flat_map(|case| Width::ALL.map(case))
        .collect()
}

/// Many events are ready.
fn saturated(width: Width) -> Case {
    let start = move || {
        let (feed, event) = (Feed::new(width), event());
        let mut reader = Reader::new(&feed);
        move || {
            (0..EVENTS).for_each(|_| feed.publish(&event));
            measure(|| {
                let mut left = EVENTS;
                while left > 0 {
                    // It takes a break now and then.
                    left -= usize::from(reader.poll());
                }
            })
        }
    };
    Case::new("delivery, saturated", width.to_string(), EVENTS, start)
}

/// An event is published, then each subscription is polled once.
fn one_at_a_time(width: Width) -> Case {
    each_turn("delivery, one at a time", width, |feed, readers, event| {
        feed.publish(event);
        let time = measure(|| readers.iter_mut().for_each(Reader::read_one));
        readers.iter_mut().for_each(Reader::wait);
        time
    })
}

/// A subscription is polled and has to wait, after it was woken and has read its event.
fn wait(width: Width) -> Case {
    each_turn("wait", width, |feed, readers, event| {
        feed.publish(event);
        readers.iter_mut().for_each(Reader::read_one);
        measure(|| readers.iter_mut().for_each(Reader::wait))
    })
}

/// An event is published, and each subscription that waits for it is woken, polled, and polled again.
fn cycle(width: Width) -> Case {
    let subject = "published, woken, delivered, waiting again";
    each_turn(subject, width, |feed, readers, event| {
        measure(|| {
            feed.publish(event);
            for reader in readers {
                reader.read_one();
                reader.wait();
            }
        })
    })
}

type Turn = fn(&Feed, &mut [Reader], &tower_sse::Event) -> Duration;

fn each_turn(subject: &'static str, width: Width, turn: Turn) -> Case {
    let start = move || {
        let (feed, event) = (Feed::new(width), event());
        let mut readers = Reader::many(&feed, READERS);
        readers.iter_mut().for_each(Reader::wait);
        move || (0..TURNS).map(|_| turn(&feed, &mut readers, &event)).sum()
    };
    Case::new(subject, width.to_string(), TURNS * READERS, start)
}
