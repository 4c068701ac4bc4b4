use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_util::{Stream, StreamExt, stream};
use http_body::Body;
use loom::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread::{self, JoinHandle},
};

use super::support::{look, number, retaining, wait};
use crate::{
    Channel, ChannelEvent, ChannelStart, EventStream, Hub, Subscription, loom_tests::in_every_order,
};

/// Makes a hub with a channel `a` and a channel `b`.
fn hub() -> (Hub, [Channel<str>; 2]) {
    let hub = retaining();
    let channels = ["a", "b"].map(|name| hub.channel(name).unwrap());
    (hub, channels)
}

/// Subscribes with a name.
fn subscribe(hub: &Hub, names: &[&str]) -> Subscription {
    let subscriber = hub.subscriber("ada");
    subscriber.subscribe(names.iter().copied()).unwrap()
}

/// Polls a body once, by a task that does not wait. Returns the frame as text, or nothing.
fn frame<S: Stream<Item = ChannelEvent> + Unpin>(body: &mut EventStream<S>) -> String {
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(body).poll_frame(&mut cx) {
        Poll::Ready(Some(frame)) => {
            let data = frame.unwrap().into_data().unwrap();
            String::from_utf8(data.to_vec()).unwrap()
        }
        _ => String::new(),
    }
}

#[test]
fn nothing_of_a_channel_is_sent_after_its_removal_has_returned() {
    in_every_order(3, || {
        let (hub, [_a, b]) = hub();
        let mut body = EventStream::new(subscribe(&hub, &["b"]));
        b.publish("one").unwrap();
        let is_removed = Arc::new(AtomicBool::new(false));
        let removing = thread::spawn({
            let is_removed = Arc::clone(&is_removed);
            move || {
                hub.subscribers("ada").remove("b");
                is_removed.store(true, SeqCst);
                b.publish("two").unwrap();
                (hub, b)
            }
        });
        let mut frames = Vec::new();
        for _ in 0..2 {
            let was_removed = is_removed.load(SeqCst);
            let frame = frame(&mut body);
            assert!(!(was_removed && frame.contains("data: one")));
            frames.push(frame);
        }
        let (_hub, b) = removing.join().unwrap();
        frames.push(frame(&mut body));
        assert!(!frames.concat().contains("data: two"), "{frames:?}");
        assert_eq!(b.subscriber_count(), 0);
    });
}

#[test]
fn a_removal_waits_for_no_later_poll() {
    in_every_order(3, || {
        let (hub, [_a, b]) = hub();
        let mut subscription = subscribe(&hub, &["b"]);
        let removing = thread::spawn(move || {
            hub.subscribers("ada").remove("b");
            hub
        });
        let mut removing: Option<JoinHandle<Hub>> = Some(removing);
        let is_left = b.clone();
        let mut body = EventStream::new(stream::poll_fn(move |cx| {
            let polled = subscription.poll_next_unpin(cx);
            // This poll has applied the removal, which was therefore made before it.
            if is_left.subscriber_count() == 0 {
                let removed = removing.take().map(|removing| removing.join().unwrap());
                drop(removed);
            }
            polled
        }));
        for _ in 0..3 {
            frame(&mut body);
        }
    });
}

#[test]
fn nothing_is_left_of_a_channel_that_is_added_while_the_subscription_ends() {
    let ends: [fn(Subscription, &Channel<str>); 2] = [
        |subscription, _| drop(subscription),
        |mut subscription, a| {
            a.close();
            while look(&mut subscription).is_ready() {
                if subscription.close_reason().is_some() {
                    break;
                }
            }
        },
    ];
    for end in ends {
        in_every_order(3, move || {
            let (hub, [a, b]) = hub();
            let subscription = subscribe(&hub, &["a"]);
            let adding = thread::spawn({
                let hub = hub.clone();
                move || drop(hub.subscribers("ada").add("b").unwrap())
            });
            end(subscription, &a);
            adding.join().unwrap();
            assert_eq!((a.subscriber_count(), b.subscriber_count()), (0, 0));
            assert_eq!(hub.subscribers("ada").count(), 0);
        });
    }
}

#[test]
fn no_id_at_or_above_the_position_of_an_addition_precedes_its_history() {
    in_every_order(3, || {
        let (hub, [a, b]) = hub();
        b.publish("history").unwrap();
        let mut subscription = subscribe(&hub, &["a"]);
        let adding = thread::spawn({
            let hub = hub.clone();
            move || {
                let added = hub.subscribers("ada").add(ChannelStart::replay("b"));
                number(added.unwrap().as_str())
            }
        });
        let publishing = thread::spawn(move || {
            a.publish("later").unwrap();
            a
        });
        let mut got = Vec::new();
        let mut read = |subscription: &mut Subscription| {
            while let Poll::Ready(Some(event)) = look(subscription) {
                let text = String::from_utf8(event.encoded().as_bytes().to_vec()).unwrap();
                got.push((text, event.id().map_or(0, |id| number(id.as_str()))));
            }
        };
        read(&mut subscription);
        let added_at = adding.join().unwrap();
        let _a = publishing.join().unwrap();
        // A second passes for each look at the clock, so it yields after every few events.
        (0..4).for_each(|_| read(&mut subscription));
        let first_above = got.iter().position(|(_, id)| *id >= added_at);
        let history = got
            .iter()
            .position(|(text, _)| text.starts_with("data: history\n"));
        assert!(
            history.unwrap() < first_above.unwrap(),
            "{added_at}: {got:?}"
        );
        assert!(
            got.iter()
                .any(|(text, _)| text.starts_with("data: later\n"))
        );
    });
}

#[test]
fn a_waiting_subscription_is_woken_by_an_addition() {
    in_every_order(3, || {
        let (hub, [_a, b]) = hub();
        let mut subscription = subscribe(&hub, &[]);
        let adding = thread::spawn({
            let hub = hub.clone();
            move || drop(hub.subscribers("ada").add("b").unwrap())
        });
        let event = wait(&mut subscription).unwrap();
        assert!(
            event
                .encoded()
                .as_bytes()
                .starts_with(b"event: channel-added\n")
        );
        adding.join().unwrap();
        drop(subscription);
        assert_eq!(b.subscriber_count(), 0);
    });
}
