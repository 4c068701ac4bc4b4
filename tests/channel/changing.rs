//! Channels that are added to open subscriptions and removed from them, by name.

use std::{
    pin::Pin,
    sync::{Arc, Barrier, Mutex, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use http_body::Body;
use tower_sse::{
    ChannelError, ChannelEvent, ChannelOptions, ChannelStart, CloseReason, Event, EventStream, Hub,
    LagPolicy, NoticePolicy, Subscription,
};

use crate::{
    blocks::{blocks, blocks_of, fill, id, kinds},
    hub::{channel_in, close, hub, hub_options},
    reentrance::in_time,
    support::*,
    task::Task,
};

fn subscribe(hub: &Hub, names: &[&str]) -> Subscription {
    hub.subscriber("ada")
        .subscribe(names.iter().copied())
        .unwrap()
}

fn add(hub: &Hub, start: impl Into<ChannelStart>) -> u64 {
    parts(&hub.subscribers("ada").add(start).unwrap()).1
}

fn remove(hub: &Hub, name: &str) -> u64 {
    parts(&hub.subscribers("ada").remove(name)).1
}

fn count(hub: &Hub, name: &str) -> usize {
    channel_in(hub, name).subscriber_count()
}

/// Returns the blocks of the next frame. A body is pending once after a frame, so it is polled twice.
fn frame<S>(body: &mut EventStream<S>) -> Poll<Option<Vec<String>>>
where
    S: Stream<Item = ChannelEvent> + Unpin,
{
    let mut poll = || Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop()));
    let polled = match poll() {
        Poll::Pending => poll(),
        polled => polled,
    };
    polled.map(|frame| {
        let data = frame?.unwrap().into_data().unwrap();
        Some(blocks_of(std::str::from_utf8(&data).unwrap()))
    })
}

/// A stream around a subscription, with something that is done before each of its polls.
fn around(
    mut subscription: Subscription,
    mut before: impl FnMut() + Unpin,
) -> EventStream<impl Stream<Item = ChannelEvent> + Unpin> {
    EventStream::new(stream::poll_fn(move |cx| {
        before();
        subscription.poll_next_unpin(cx)
    }))
}

fn ready(blocks: &[&str]) -> Poll<Option<Vec<String>>> {
    Poll::Ready(Some(
        blocks.iter().map(|block| (*block).to_owned()).collect(),
    ))
}

/// Waits until the hub has taken this number.
fn wait_for_number(hub: &Hub, number: u64) {
    while parts(&hub.last_id()).1 < number {
        thread::yield_now();
    }
}

// Additions.

#[test]
fn an_added_channel_begins_with_the_next_event() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["b", "a"]);
    assert_eq!(blocks(&mut subscription), ["a2#2"]);
    assert_eq!(add(&hub, "b"), 3);
    fill(&hub, &["b", "a"]);
    let expected = ["channel-added: b", "checkpoint: #3", "b4#4", "a5#5"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn the_history_of_an_added_channel_has_no_ids_and_ends_with_the_position() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["b", "b", "a"]);
    assert_eq!(blocks(&mut subscription), ["a3#3"]);
    assert_eq!(add(&hub, ChannelStart::replay("b")), 4);
    let expected = ["channel-added: b", "b1", "b2", "checkpoint: #4"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn the_history_of_an_added_channel_is_what_is_retained_when_it_is_read() {
    let hub = Hub::new(hub_options(9).channel_options(holding(2)));
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["b", "b"]);
    add(&hub, ChannelStart::replay("b"));
    fill(&hub, &["b"]);
    let expected = ["channel-added: b", "b2#2", "checkpoint: #3", "b4#4"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn an_added_channel_begins_after_a_position() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["b", "b", "a"]);
    let _ = wire(&mut subscription);
    add(&hub, ChannelStart::since("b", id(&hub, 1)));
    fill(&hub, &["b"]);
    let expected = ["channel-added: b", "b2", "checkpoint: #4", "b5#5"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn events_that_were_waiting_come_in_order_with_the_history() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["a", "b", "a"]);
    add(&hub, ChannelStart::replay("b"));
    fill(&hub, &["a"]);
    let expected = [
        "channel-added: b",
        "a1#1",
        "b2#2",
        "a3#3",
        "checkpoint: #4",
        "a5#5",
    ];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn an_addition_reports_what_is_no_longer_retained() {
    let hub = Hub::new(hub_options(9).channel_options(holding(1)));
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["b", "b", "a"]);
    let _ = wire(&mut subscription);
    add(&hub, ChannelStart::since("b", id(&hub, 0)));
    let expected = ["channel-added: b", "gap: #2|b", "b2", "checkpoint: #4"];
    assert_eq!(blocks(&mut subscription), expected);
}

#[test]
fn a_channel_that_is_there_already_is_not_added() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    add(&hub, ChannelStart::replay("a"));
    fill(&hub, &["a"]);
    assert_eq!(count(&hub, "a"), 2, "until it is polled");
    assert_eq!(blocks(&mut subscription), ["a2#2"]);
    assert_eq!(count(&hub, "a"), 1);
}

#[test]
fn a_channel_that_is_added_twice_is_added_once() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    add(&hub, "b");
    add(&hub, ChannelStart::replay("b"));
    fill(&hub, &["b"]);
    let expected = ["channel-added: b", "checkpoint: #1", "b3#3"];
    assert_eq!(blocks(&mut subscription), expected);
    assert_eq!(count(&hub, "b"), 1);
}

#[test]
fn an_addition_wakes_a_subscription_that_waits() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    let task = Task::default();
    let mut poll = |task: &Task| {
        Pin::new(&mut subscription).poll_next(&mut Context::from_waker(&task.waker()))
    };
    assert!(poll(&task).is_pending());
    add(&hub, "b");
    assert_eq!(task.wakes(), 1);
    while poll(&task).is_ready() {}
    fill(&hub, &["b"]);
    assert_eq!(task.wakes(), 1, "by an event of the added channel");
    assert!(poll(&task).is_ready());
}

#[test]
fn an_addition_that_fails_changes_nothing() {
    let hub = hub(1);
    let mut subscription = subscribe(&hub, &["a"]);
    let too_many = ChannelError::TooMany { max: 1 };
    assert_eq!(hub.subscribers("ada").add("b").unwrap_err(), too_many);
    assert!(hub.subscribers("ada").add("").is_err());
    assert!(is_waiting(&mut subscription));
    assert_eq!(parts(&hub.last_id()).1, 0);
}

#[test]
fn an_added_channel_without_history_has_what_follows() {
    for name in ["e", "w", "n"] {
        let hub = Hub::new(kinds());
        let mut subscription = subscribe(&hub, &["a"]);
        fill(&hub, &[name]);
        add(&hub, name);
        fill(&hub, &[name]);
        let got = blocks(&mut subscription);
        let event = if name == "w" {
            "w3#3"
        } else {
            &format!("{name}3")
        };
        assert_eq!(
            got,
            [&format!("channel-added: {name}"), "checkpoint: #2", event]
        );
    }
}

#[test]
fn an_added_channel_without_history_has_nothing_of_before() {
    let hub = Hub::new(kinds());
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["w"]);
    add(&hub, ChannelStart::replay("w"));
    fill(&hub, &["w"]);
    let expected = ["channel-added: w", "checkpoint: #2", "w3#3"];
    assert_eq!(blocks(&mut subscription), expected);
    remove(&hub, "w");
    fill(&hub, &["w"]);
    add(&hub, ChannelStart::since("w", id(&hub, 3)));
    let expected = [
        "channel-removed: w",
        "channel-added: w",
        "gap: |w",
        "checkpoint: #6",
    ];
    assert_eq!(blocks(&mut subscription), expected, "w5 is lost");
}

#[test]
fn no_id_above_the_position_precedes_the_history_of_an_addition() {
    let hub = hub(9);
    let subscription = subscribe(&hub, &["a"]);
    let within = hub.clone();
    let mut body = EventStream::new(subscription.filter_events(move |event| {
        if event.as_bytes().starts_with(b"data: a1\n") {
            add(&within, ChannelStart::replay("b"));
            fill(&within, &["b", "a"]);
        }
        true
    }));
    fill(&hub, &["a"]);
    // With the id of a4 the client would come back as one that has b3.
    assert_eq!(frame(&mut body), ready(&["a1#1"]));
    let expected = ["channel-added: b", "checkpoint: #2", "b3#3", "a4#4"];
    assert_eq!(frame(&mut body), ready(&expected));
}

#[test]
fn no_id_above_the_position_precedes_an_addition_by_another_thread() {
    let hub = hub(9);
    let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let mut polls = 0;
    let mut body = around(subscribe(&hub, &["a"]), {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        move || {
            polls += 1;
            if polls == 2 {
                begun.wait();
                go_on.wait();
            }
        }
    });
    fill(&hub, &["a"]);
    thread::scope(|scope| {
        // After its first event it waits in the middle of the poll.
        let polling = scope.spawn(move || (frame(&mut body), body));
        begun.wait();
        let adding = scope.spawn(|| add(&hub, "b"));
        wait_for_number(&hub, 2);
        fill(&hub, &["b", "a"]);
        go_on.wait();
        let (first, mut body) = polling.join().unwrap();
        assert_eq!(adding.join().unwrap(), 2);
        assert_eq!(first, ready(&["a1#1"]));
        let expected = ["channel-added: b", "checkpoint: #2", "b3#3", "a4#4"];
        assert_eq!(frame(&mut body), ready(&expected));
    });
}

#[test]
fn a_channel_that_is_added_before_the_subscription_is_made_comes_with_its_history() {
    let hub = hub(9);
    let subscriber = hub.subscriber("ada");
    assert_eq!(add(&hub, "b"), 1);
    fill(&hub, &["b", "a"]);
    let mut subscription = subscriber.resume(["a"], None).unwrap();
    let expected = ["channel-added: b", "checkpoint: #1", "b2#2"];
    assert_eq!(blocks(&mut subscription), expected);
    assert_eq!((count(&hub, "a"), count(&hub, "b")), (1, 1));
}

#[test]
fn a_channel_that_is_added_before_the_subscription_has_it_counts_once() {
    let hub = hub(9);
    let subscriber = hub.subscriber("ada");
    add(&hub, "b");
    let mut subscription = subscriber.subscribe(["a", "b"]).unwrap();
    fill(&hub, &["b"]);
    assert_eq!(blocks(&mut subscription), ["b2#2"]);
    assert_eq!((count(&hub, "a"), count(&hub, "b")), (1, 1));
}

// Removals.

#[test]
fn a_removal_before_the_subscription_is_made_holds() {
    let hub = hub(9);
    let subscriber = hub.subscriber("ada");
    remove(&hub, "b");
    fill(&hub, &["b", "a"]);
    let mut subscription = subscriber
        .resume(["a", "b"], Some(&last(id(&hub, 0))))
        .unwrap();
    let expected = ["channel-removed: b", "a3#3"];
    assert_eq!(blocks(&mut subscription), expected);
    assert_eq!((count(&hub, "a"), count(&hub, "b")), (1, 0));
}

#[test]
fn a_removal_while_the_subscription_waits_wakes_it() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a", "b"]);
    let task = Task::default();
    let waker = task.waker();
    let polled = Pin::new(&mut subscription).poll_next(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    remove(&hub, "b");
    assert_eq!(task.wakes(), 1);
    assert_eq!(blocks(&mut subscription), ["channel-removed: b"]);
}

#[test]
fn a_removal_between_two_polls_takes_what_was_not_sent() {
    let hub = hub(9);
    let mut body = EventStream::new(subscribe(&hub, &["a", "b"])).frame_size(0);
    fill(&hub, &["a", "b", "a"]);
    assert_eq!(frame(&mut body), ready(&["a1#1"]));
    remove(&hub, "b");
    assert_eq!(frame(&mut body), ready(&["channel-removed: b"]));
    assert_eq!(frame(&mut body), ready(&["a3#3"]));
    assert!(frame(&mut body).is_pending());
    assert_eq!(count(&hub, "b"), 0);
}

#[test]
fn an_event_that_was_too_large_for_the_last_frame_is_still_sent() {
    let hub = hub(9);
    let mut body = EventStream::new(subscribe(&hub, &["a", "b"])).frame_size(64);
    fill(&hub, &["a"]);
    for _ in 0..2 {
        hub.publish(["b"], &Event::new("x".repeat(100))).unwrap();
    }
    assert_eq!(frame(&mut body), ready(&["a1#1"]));
    remove(&hub, "b");
    assert_eq!(
        frame(&mut body),
        ready(&[&format!("{}#2", "x".repeat(100))])
    );
    assert_eq!(frame(&mut body), ready(&["channel-removed: b"]));
    assert!(frame(&mut body).is_pending());
}

#[test]
fn a_removal_of_what_is_not_there_changes_nothing() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    assert_eq!(remove(&hub, "b"), 1);
    assert_eq!(hub.len(), 1, "no channel is made");
    assert!(is_waiting(&mut subscription));
}

#[test]
fn a_removal_takes_a_channel_that_was_made_anew_as_well() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a", "b"]);
    close(&hub, "b");
    add(&hub, "b");
    let _ = wire(&mut subscription);
    remove(&hub, "b");
    fill(&hub, &["b"]);
    assert_eq!(blocks(&mut subscription), ["channel-removed: b"]);
    assert_eq!(count(&hub, "b"), 0);
}

#[test]
fn a_removal_takes_the_gap_of_its_channel() {
    let hub = hub(9);
    let subscriber = hub.subscriber("ada");
    remove(&hub, "b");
    let subscription = subscriber.resume(["a", "b"], Some(&last("other-1")));
    let mut subscription = subscription.unwrap();
    assert_eq!(subscription.gaps().len(), 1);
    let got = blocks(&mut subscription);
    assert!(!got.iter().any(|block| block.ends_with("|b")), "{got:?}");
}

#[test]
fn a_channel_that_comes_and_goes_at_once_sends_nothing() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    fill(&hub, &["b"]);
    add(&hub, ChannelStart::replay("b"));
    remove(&hub, "b");
    fill(&hub, &["b", "a"]);
    let expected = [
        "channel-added: b",
        "channel-removed: b",
        "checkpoint: #2",
        "a5#5",
    ];
    assert_eq!(blocks(&mut subscription), expected);
    assert_eq!(count(&hub, "b"), 0);
}

#[test]
fn changes_of_a_channel_are_bounded_while_nobody_polls() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    for _ in 0..100 {
        add(&hub, ChannelStart::replay("b"));
        add(&hub, ChannelStart::replay("b"));
        assert!(count(&hub, "b") <= 2);
        remove(&hub, "b");
        remove(&hub, "b");
    }
    let at = add(&hub, "b");
    assert_eq!(count(&hub, "b"), 2);
    let last = format!("checkpoint: #{at}");
    let once = ["channel-added: b", "channel-removed: b"];
    let expected = [&once[..], &["channel-added: b", "checkpoint: #1", &last]].concat();
    assert_eq!(blocks(&mut subscription), expected);
    assert_eq!(count(&hub, "b"), 1);
}

#[test]
fn a_removal_from_within_a_poll_holds_from_the_next_one() {
    in_time(|| {
        let hub = hub(9);
        let within = hub.clone();
        let subscription = subscribe(&hub, &["a", "b"]).filter_events(move |event| {
            if event.channel() == "a" {
                remove(&within, "b");
            }
            true
        });
        let mut body = EventStream::new(subscription).frame_size(0);
        fill(&hub, &["a", "b"]);
        assert_eq!(frame(&mut body), ready(&["a1#1"]));
        assert_eq!(frame(&mut body), ready(&["channel-removed: b"]));
        assert!(frame(&mut body).is_pending());
    });
}

#[test]
fn a_removal_by_a_stream_around_the_subscription_does_not_wait() {
    in_time(|| {
        let hub = hub(9);
        let within = hub.clone();
        let mut body = around(subscribe(&hub, &["a", "b"]), move || {
            remove(&within, "b");
        });
        fill(&hub, &["b", "a"]);
        assert_eq!(frame(&mut body), ready(&["channel-removed: b", "a2#2"]));
    });
}

#[test]
fn a_removal_from_within_a_poll_wakes_the_task_for_its_notice() {
    let hub = hub(9);
    let (within, mut is_first) = (hub.clone(), true);
    let mut subscription = subscribe(&hub, &["a", "b"]).filter_events(move |_| {
        if std::mem::take(&mut is_first) {
            remove(&within, "b");
        }
        false
    });
    fill(&hub, &["a"]);
    let task = Task::default();
    let waker = task.waker();
    let mut body = EventStream::new(&mut subscription);
    let polled = Pin::new(&mut body).poll_frame(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    assert!(task.wakes() > 0);
    assert_eq!(blocks(&mut subscription), ["channel-removed: b"]);
}

#[test]
fn subscriptions_may_remove_channels_from_each_other_at_once() {
    in_time(|| {
        let hub = hub(9);
        let both = Arc::new(Barrier::new(2));
        let polling = ["eve", "bob"].map(|name| {
            let other = if name == "eve" { "bob" } else { "eve" };
            let (within, both) = (hub.clone(), Arc::clone(&both));
            let mut is_first = true;
            let subscription = hub.subscriber(name).subscribe(["a", "b"]).unwrap();
            let mut body = around(subscription, move || {
                if std::mem::take(&mut is_first) {
                    both.wait();
                    within.subscribers(other).remove("b");
                    both.wait();
                }
            });
            thread::spawn(move || {
                let _ = frame(&mut body);
                body
            })
        });
        let mut bodies = polling.map(|polling| polling.join().unwrap());
        fill(&hub, &["b", "a"]);
        for body in &mut bodies {
            let mut got = Vec::new();
            while let Poll::Ready(Some(frame)) = frame(body) {
                got.extend(frame);
            }
            assert_eq!(got.last().unwrap(), "a4#4");
            assert!(!got.contains(&"b3#3".to_owned()));
        }
    });
}

#[test]
fn a_removal_waits_until_the_poll_of_the_stream_is_over() {
    let hub = hub(9);
    let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let mut polls = 0;
    let mut body = around(subscribe(&hub, &["a", "b"]), {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        move || {
            polls += 1;
            if polls == 2 {
                begun.wait();
                go_on.wait();
            }
        }
    });
    fill(&hub, &["b"]);
    thread::scope(|scope| {
        // It has b1 by then, and waits in the middle of the poll.
        let polling = scope.spawn(move || (frame(&mut body), body));
        begun.wait();
        let (removed, is_removed) = mpsc::channel();
        let removing = scope.spawn({
            let hub = hub.clone();
            move || {
                remove(&hub, "b");
                removed.send(()).unwrap();
            }
        });
        wait_for_number(&hub, 2);
        fill(&hub, &["b", "a"]);
        let waited = is_removed.recv_timeout(Duration::from_millis(50));
        assert!(waited.is_err(), "the poll goes on");
        go_on.wait();
        let (first, mut body) = polling.join().unwrap();
        removing.join().unwrap();
        // The poll that was under way has read on.
        assert_eq!(first, ready(&["b1#1", "b3#3", "a4#4"]));
        fill(&hub, &["b", "a"]);
        assert_eq!(frame(&mut body), ready(&["channel-removed: b", "a6#6"]));
    });
}

#[test]
fn a_removal_waits_for_a_poll_outside_of_any_stream() {
    let hub = hub(9);
    let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let mut subscription = subscribe(&hub, &["a", "b"]).filter_events({
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        move |event| {
            if event.channel() == "a" {
                begun.wait();
                go_on.wait();
            }
            event.channel() == "b"
        }
    });
    fill(&hub, &["a", "b", "b"]);
    thread::scope(|scope| {
        let polling = scope.spawn(move || {
            let first = next(&mut subscription);
            (first, subscription)
        });
        begun.wait();
        let removing = scope.spawn(|| remove(&hub, "b"));
        wait_for_number(&hub, 4);
        assert!(!removing.is_finished());
        go_on.wait();
        removing.join().unwrap();
        let (first, mut subscription) = polling.join().unwrap();
        assert_eq!(first.id(), Some(id(&hub, 2)));
        assert_eq!(blocks(&mut subscription), ["channel-removed: b"]);
    });
}

#[test]
fn a_removal_goes_on_after_a_poll_that_panics() {
    let hub = hub(9);
    let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let body = around(subscribe(&hub, &["a", "b"]), {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        let mut polls = 0;
        move || {
            polls += 1;
            if polls == 2 {
                begun.wait();
                go_on.wait();
                panic!("on purpose");
            }
        }
    });
    fill(&hub, &["a"]);
    let body = Arc::new(Mutex::new(body));
    thread::scope(|scope| {
        let polling = scope.spawn({
            let body = Arc::clone(&body);
            move || {
                let mut body = body.lock().unwrap();
                let mut cx = Context::from_waker(Waker::noop());
                let _ = Pin::new(&mut *body).poll_frame(&mut cx);
            }
        });
        begun.wait();
        let removing = scope.spawn(|| remove(&hub, "b"));
        wait_for_number(&hub, 2);
        go_on.wait();
        removing.join().unwrap();
        polling.join().unwrap();
    });
}

/// A waker that changes the subscription which it wakes.
struct Changing(Hub);

impl Wake for Changing {
    fn wake(self: Arc<Self>) {
        remove(&self.0, "b");
    }
}

#[test]
fn a_waker_may_remove_a_channel() {
    in_time(|| {
        let hub = hub(9);
        let mut subscription = subscribe(&hub, &["a", "b"]);
        let waker = Arc::new(Changing(hub.clone())).into();
        let polled = Pin::new(&mut subscription).poll_next(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        fill(&hub, &["b"]);
        assert_eq!(blocks(&mut subscription), ["channel-removed: b"]);
    });
}

// Names and ends.

#[test]
fn all_subscriptions_of_a_name_change_and_no_others() {
    let hub = hub(9);
    let mut tabs = [(); 2].map(|()| subscribe(&hub, &["a"]));
    let mut other = hub.subscriber("bob").subscribe(["a"]).unwrap();
    let mut anonymous = hub.subscribe(["a"]).unwrap();
    assert_eq!(hub.subscribers("ada").count(), 2);
    add(&hub, "b");
    for tab in &mut tabs {
        assert_eq!(blocks(tab), ["channel-added: b", "checkpoint: #1"]);
    }
    remove(&hub, "a");
    for tab in &mut tabs {
        assert_eq!(blocks(tab), ["channel-removed: a"]);
    }
    fill(&hub, &["a", "b"]);
    assert_eq!(blocks(&mut other), ["a3#3"]);
    assert_eq!(blocks(&mut anonymous), ["a3#3"]);
}

#[test]
fn counts_the_open_subscriptions_of_a_name() {
    let hub = hub(9);
    let count = || hub.subscribers("ada").count();
    assert_eq!(count(), 0);
    let waiting = hub.subscriber("ada");
    assert_eq!(count(), 1, "before it subscribes");
    let mut subscription = waiting.subscribe(["a"]).unwrap();
    assert_eq!(count(), 1);
    drop(hub.subscriber("ada"));
    assert!(hub.subscriber("ada").subscribe([""]).is_err());
    assert_eq!(count(), 1);
    close(&hub, "a");
    assert!(is_ended(&mut subscription));
    assert_eq!(count(), 0, "though it is not dropped");
}

#[test]
fn a_named_subscription_without_channels_stays_open() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &[]);
    assert!(is_waiting(&mut subscription));
    add(&hub, "a");
    fill(&hub, &["a"]);
    let expected = ["channel-added: a", "checkpoint: #1", "a2#2"];
    assert_eq!(blocks(&mut subscription), expected);
    remove(&hub, "a");
    assert_eq!(blocks(&mut subscription), ["channel-removed: a"]);
    assert!(is_waiting(&mut subscription));
    assert_eq!(subscription.close_reason(), None);
}

#[test]
fn a_named_subscription_without_channels_gives_a_first_visit_an_id() {
    let hub = hub(9);
    fill(&hub, &["a"]);
    let none = [""; 0];
    let mut subscription = hub.subscriber("ada").resume(none, None).unwrap();
    assert_eq!(blocks(&mut subscription), ["checkpoint: #1"]);
}

#[test]
fn an_anonymous_subscription_without_channels_ends() {
    let hub = hub(9);
    let none = [""; 0];
    let mut subscription = hub.subscribe(none).unwrap();
    assert!(is_ended(&mut subscription));
    assert_eq!(subscription.close_reason(), Some(CloseReason::Completed));
    assert!(is_ended(&mut hub.replay(none).unwrap()));
}

#[test]
fn an_addition_to_a_subscription_that_has_ended_is_undone() {
    let hub = hub(9);
    let mut subscription = subscribe(&hub, &["a"]);
    add(&hub, "b");
    assert_eq!(count(&hub, "b"), 1);
    close(&hub, "a");
    drop(subscription);
    assert_eq!(count(&hub, "b"), 0);
    subscription = subscribe(&hub, &["a"]);
    close(&hub, "a");
    assert!(is_ended(&mut subscription));
    add(&hub, "b");
    assert_eq!(count(&hub, "b"), 0);
}

#[test]
fn a_lag_ends_a_subscription_and_takes_its_name() {
    let hub =
        Hub::new(hub_options(9).channel_options(holding(1).lag_policy(LagPolicy::disconnect())));
    let mut subscription = subscribe(&hub, &["a"]);
    add(&hub, "b");
    fill(&hub, &["a", "a"]);
    let _ = wire(&mut subscription);
    assert_eq!(subscription.close_reason(), Some(CloseReason::Lagged));
    assert_eq!(hub.subscribers("ada").count(), 0);
    assert_eq!((count(&hub, "a"), count(&hub, "b")), (0, 0));
}

#[test]
fn a_subscription_that_is_dropped_with_changes_leaves_nothing() {
    let hub = hub(9);
    let subscription = subscribe(&hub, &["a"]);
    add(&hub, "b");
    remove(&hub, "a");
    drop(subscription);
    assert_eq!((count(&hub, "a"), count(&hub, "b")), (0, 0));
    assert_eq!(hub.subscribers("ada").count(), 0);
}

// Streams that hold events back are the program's own.
#[test]
fn events_that_a_combinator_holds_back_are_still_sent() {
    let hub = hub(9);
    let chunks = subscribe(&hub, &["a", "b"])
        .ready_chunks(2)
        .flat_map(stream::iter);
    let mut body = EventStream::new(chunks).frame_size(0);
    fill(&hub, &["a", "b"]);
    assert_eq!(frame(&mut body), ready(&["a1#1"]));
    remove(&hub, "b");
    assert_eq!(frame(&mut body), ready(&["b2#2"]));
}

#[test]
fn a_notice_follows_the_policy_of_its_channel() {
    let hub = Hub::new(hub_options(9).each(|name, options| match name {
        "silent" => options.notice_policy(NoticePolicy::silent()),
        _ => options,
    }));
    let mut subscription = subscribe(&hub, &["silent"]);
    add(&hub, "a");
    assert_eq!(blocks(&mut subscription)[0], "channel-added: a");
    drop(subscription);
    let mut subscription = subscribe(&hub, &["b"]);
    add(&hub, "silent");
    assert_eq!(blocks(&mut subscription), ["checkpoint: #2"]);
}

/// It begins where it was added, not where the client's id says.
#[test]
fn a_channel_that_is_removed_and_added_again_while_a_client_connects_has_no_gap() {
    let within = Arc::new(Mutex::new(None::<Hub>));
    let each = {
        let within = Arc::clone(&within);
        move |name: &str, options: ChannelOptions| {
            let hub = within.lock().unwrap().take().filter(|_| name == "b");
            if let Some(hub) = hub {
                remove(&hub, "a");
                add(&hub, ChannelStart::live("a"));
            }
            options.max_events(1.try_into().unwrap())
        }
    };
    let hub = Hub::new(hub_options(9).each(each));
    fill(&hub, &["a", "a", "a"]);
    *within.lock().unwrap() = Some(hub.clone());
    let ada = hub.subscriber("ada");
    // The closure runs when the second one is made.
    let mut subscription = ada.resume(["a", "b"], Some(&last(id(&hub, 1)))).unwrap();
    assert!(subscription.gaps().is_empty());
    fill(&hub, &["a"]);
    let expected = [
        "channel-removed: a",
        "channel-added: a",
        "checkpoint: #5",
        "a6#6",
    ];
    assert_eq!(blocks(&mut subscription), expected);
}
