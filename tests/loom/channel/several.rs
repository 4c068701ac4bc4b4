use std::{
    sync::Arc,
    task::{Context, Wake, Waker},
};

use futures_util::StreamExt;
use loom::thread::{self, JoinHandle};

use super::support::{channel, look, next, number, rest, resume, retaining};
use crate::{EventId, Hub, LastEventId, NoticePolicy, Subscription, loom_tests::in_every_order};

/// Publishes texts in channels of these names, one after the other, on a thread of its own.
fn publish(hub: &Hub, events: &'static [(&'static str, &'static str)]) -> JoinHandle<()> {
    let hub = hub.clone();
    thread::spawn(move || {
        for (name, text) in events {
            hub.publish([name], *text).unwrap();
        }
    })
}

/// Makes a hub with the channels `a` and `b`.
fn hub() -> Hub {
    let hub = retaining();
    for name in ["a", "b"] {
        hub.channel::<str>(name).unwrap();
    }
    hub
}

fn assert_next(subscription: &mut Subscription, expected: &[&str]) {
    for (number, text) in (1..).zip(expected) {
        assert_eq!(next(subscription), (number, (*text).to_owned()));
    }
    assert!(look(subscription).is_pending());
}

#[test]
fn a_waiting_subscriber_is_woken_by_events_of_both_channels_in_their_order() {
    in_every_order(2, || {
        let hub = hub();
        let mut subscription = hub.subscribe(["a", "b"]).unwrap();
        let publisher = publish(&hub, &[("a", "one"), ("b", "two")]);
        assert_next(&mut subscription, &["one", "two"]);
        publisher.join().unwrap();
    });
}

#[test]
fn a_waiting_subscriber_gets_events_against_the_order_of_its_channels() {
    in_every_order(2, || {
        let hub = hub();
        let mut subscription = hub.subscribe(["b", "a"]).unwrap();
        let publisher = publish(&hub, &[("a", "one"), ("b", "two")]);
        assert_next(&mut subscription, &["one", "two"]);
        publisher.join().unwrap();
    });
}

#[test]
fn events_that_two_threads_publish_in_two_channels_come_in_the_order_of_their_numbers() {
    in_every_order(2, || {
        let hub = hub();
        let mut subscription = hub.subscribe(["a", "b"]).unwrap();
        let publishers = [
            publish(&hub, &[("a", "one")]),
            publish(&hub, &[("b", "one")]),
        ];
        assert_next(&mut subscription, &["one", "one"]);
        for publisher in publishers {
            publisher.join().unwrap();
        }
    });
}

#[test]
fn an_event_of_both_channels_comes_once() {
    in_every_order(2, || {
        let hub = hub();
        let mut subscription = hub.subscribe(["a", "b"]).unwrap();
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || {
                hub.publish(["b", "a"], "one").unwrap();
                hub.publish(["a", "b"], "two").unwrap();
            }
        });
        assert_next(&mut subscription, &["one", "two"]);
        publisher.join().unwrap();
        assert!(look(&mut subscription).is_pending());
    });
}

#[test]
fn events_that_two_threads_publish_in_both_channels_come_to_both_in_one_order() {
    in_every_order(2, || {
        let hub = hub();
        let mut subscriptions = ["a", "b"].map(|name| hub.subscribe([name]).unwrap());
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || drop(hub.publish(["a", "b"], "one").unwrap())
        });
        hub.publish(["b", "a"], "two").unwrap();
        publisher.join().unwrap();
        let [a, b] = subscriptions.each_mut().map(|one| [next(one), next(one)]);
        assert_eq!(a, b);
        assert_eq!(a.map(|(number, _)| number), [1, 2]);
    });
}

#[test]
fn an_event_of_both_channels_comes_to_the_other_if_it_comes_to_one_that_is_closed() {
    in_every_order(2, || {
        let hub = hub();
        let [a, b] = ["a", "b"].map(|name| hub.channel::<str>(name).unwrap());
        let (closed, mut open) = (a.subscribe(), b.subscribe());
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || hub.publish(["a", "b"], "one").is_ok()
        });
        a.close();
        let is_published = publisher.join().unwrap();
        assert!(rest(closed).len() <= usize::from(is_published));
        match is_published {
            true => assert_next(&mut open, &["one"]),
            false => assert!(look(&mut open).is_pending()),
        }
    });
}

#[test]
fn a_client_that_replays_while_events_are_published_gets_all_of_them() {
    in_every_order(2, || {
        let hub = hub();
        let publisher = publish(&hub, &[("a", "one"), ("b", "two")]);
        let replayed = hub.replay(["a", "b"]).unwrap();
        let mut replayed = replayed.notice_policy(NoticePolicy::silent());
        assert_next(&mut replayed, &["one", "two"]);
        publisher.join().unwrap();
    });
}

#[test]
fn a_client_that_resumes_with_a_gap_while_events_are_published_gets_all_of_them() {
    in_every_order(2, || {
        let hub = hub();
        let publisher = publish(&hub, &[("a", "one"), ("b", "two")]);
        let other = LastEventId::new(EventId::from_static("other-7"));
        let resumed = hub.resume(["a", "b"], other.as_ref()).unwrap();
        let mut resumed = resumed.notice_policy(NoticePolicy::silent());
        assert_next(&mut resumed, &["one", "two"]);
        publisher.join().unwrap();
    });
}

#[test]
fn a_gap_ends_where_the_log_continues() {
    // With fewer preemptions loom does not come to a publication between two reads of the resumption.
    in_every_order(4, || {
        let channel = channel();
        let publisher = super::support::publish(&channel, &["one"]);
        let resumed = resume(&channel, EventId::from_static("other-7"));
        let mut resumed = resumed.notice_policy(NoticePolicy::silent());
        let until = resumed.gaps()[0].until.clone();
        assert_eq!(next(&mut resumed).0, number(until.as_str()));
        publisher.join().unwrap();
    });
}

/// A task. What could wake it holds a reference to it.
struct Task;

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn nothing_is_left_of_a_subscriber_that_leaves_while_an_event_of_both_channels_is_published() {
    in_every_order(2, || {
        let (hub, task) = (hub(), Arc::new(Task));
        let mut subscription = hub.subscribe(["a", "b"]).unwrap();
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || drop(hub.publish(["a", "b"], "one").unwrap())
        });
        let waker = Waker::from(Arc::clone(&task));
        let _ = subscription.poll_next_unpin(&mut Context::from_waker(&waker));
        drop((subscription, waker));
        publisher.join().unwrap();
        for name in ["a", "b"] {
            assert_eq!(hub.channel::<str>(name).unwrap().subscriber_count(), 0);
        }
        assert_eq!(Arc::strong_count(&task), 1, "something would wake it");
    });
}
