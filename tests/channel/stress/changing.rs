use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    thread,
};

use http_body::Body;
use tower_sse::{ChannelStart, Event, EventStream, Hub};

use super::threads::Random;
use crate::hub::{channel_in, hub_options};

const TURNS: u64 = 1_000;

fn publish(hub: &Hub, name: &str, text: &'static str) {
    hub.publish([name], &Event::new(text)).unwrap();
}

/// Reads streams of a name until it is over, with a new one now and then. Returns whether it has read an
/// event that was allowed.
fn read(hub: &Hub, seed: u64, is_over: &AtomicBool) -> bool {
    let (mut random, mut has_read) = (Random::new(seed), false);
    while !is_over.load(Relaxed) {
        let subscription = hub.subscriber("ada").subscribe(["a"]).unwrap();
        let mut body = EventStream::new(subscription);
        for _ in 0..random.below(200) {
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut cx) else {
                random.pause();
                continue;
            };
            let data = frame.unwrap().into_data().unwrap();
            let text = std::str::from_utf8(&data).unwrap();
            assert!(!text.contains("forbidden"), "{text}");
            has_read |= text.contains("allowed");
        }
    }
    has_read
}

/// Adds a channel and removes it again and again.
fn change(hub: &Hub, name: &str, seed: u64) {
    let mut random = Random::new(seed);
    for _ in 0..TURNS {
        let start = match random.below(2) {
            0 => ChannelStart::live(name),
            _ => ChannelStart::since(name, hub.last_id()),
        };
        hub.subscribers("ada").add(start).unwrap();
        publish(hub, name, "allowed");
        random.pause();
        hub.subscribers("ada").remove(name);
        publish(hub, name, "forbidden");
    }
}

#[test]
fn nothing_of_a_removed_channel_is_sent_while_others_come_and_go() {
    let hub = Hub::new(hub_options(64));
    let channels = ["a", "b", "c", "d"].map(|name| channel_in(&hub, name));
    let (is_over, readers) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for seed in 1..=3 {
            let (hub, is_over, readers) = (&hub, &is_over, &readers);
            scope.spawn(move || {
                let has_read = read(hub, seed, is_over);
                readers.fetch_add(usize::from(has_read), Relaxed);
            });
        }
        let changing = ["b", "c", "d"].map(|name| {
            let hub = &hub;
            scope.spawn(move || change(hub, name, u64::from(name.as_bytes()[0])))
        });
        let changed = changing.map(|changing| changing.join());
        is_over.store(true, Relaxed);
        assert!(changed.iter().all(Result::is_ok));
    });
    assert!(readers.into_inner() > 0);
    assert!(
        channels
            .iter()
            .all(|channel| channel.subscriber_count() == 0)
    );
    assert_eq!(hub.subscribers("ada").count(), 0);
}
