use loom::thread;

use super::support::{channel, look, next, number, publish};
use crate::{Channel, loom_tests::in_every_order};

#[test]
fn a_waiting_subscriber_is_woken() {
    in_every_order(3, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let publisher = publish(&channel, &["one", "two"]);
        assert_eq!(next(&mut subscription), (1, "one".to_owned()));
        assert_eq!(next(&mut subscription), (2, "two".to_owned()));
        assert!(look(&mut subscription).is_pending());
        publisher.join().unwrap();
    });
}

#[test]
fn all_waiting_subscribers_are_woken() {
    in_every_order(2, || {
        let channel = channel();
        let waiting = [(); 2].map(|()| {
            let mut subscription = channel.subscribe();
            thread::spawn(move || next(&mut subscription))
        });
        channel.publish("one").unwrap();
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), (1, "one".to_owned()));
        }
    });
}

#[test]
fn a_subscriber_polled_anew_by_another_task_is_woken() {
    in_every_order(3, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let publisher = publish(&channel, &["one"]);
        if look(&mut subscription).is_pending() && look(&mut subscription).is_pending() {
            assert_eq!(next(&mut subscription), (1, "one".to_owned()));
        }
        publisher.join().unwrap();
    });
}

#[test]
fn a_subscriber_that_moves_to_another_thread_is_woken() {
    in_every_order(3, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let first = thread::spawn(move || {
            let looked = look(&mut subscription);
            looked.is_pending().then_some(subscription)
        });
        let publisher = publish(&channel, &["one"]);
        if let Some(mut subscription) = first.join().unwrap() {
            assert_eq!(next(&mut subscription), (1, "one".to_owned()));
        }
        publisher.join().unwrap();
    });
}

#[test]
fn a_subscriber_that_comes_meanwhile_gets_all_from_one_on() {
    in_every_order(3, || {
        let channel = channel();
        let publisher = publish(&channel, &["one", "two"]);
        let mut subscription = channel.subscribe();
        publisher.join().unwrap();
        channel.publish("three").unwrap();
        let (first, _) = next(&mut subscription);
        for number in first + 1..=3 {
            assert_eq!(next(&mut subscription).0, number);
        }
    });
}

/// Publishes an event on one thread and two together on another. Returns all by their numbers.
fn publish_from_two(channel: &Channel<str>) -> impl FnOnce() -> Vec<(u64, String)> {
    let alone = publish(channel, &["alone"]);
    let channel = channel.clone();
    let together = thread::spawn(move || {
        let last = channel.publish_all(["first", "second"]).unwrap();
        number(last.unwrap().as_str())
    });
    || {
        let (alone, second) = (alone.join().unwrap()[0], together.join().unwrap());
        let mut all = [(alone, "alone"), (second - 1, "first"), (second, "second")];
        all.sort_unstable();
        assert_eq!(all.map(|(number, _)| number), [1, 2, 3]);
        all.map(|(number, text)| (number, text.to_owned())).to_vec()
    }
}

#[test]
fn events_of_two_publishers_come_in_the_order_of_their_numbers() {
    in_every_order(2, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let published = publish_from_two(&channel);
        let got = [(); 3].map(|()| next(&mut subscription));
        assert_eq!(got.to_vec(), published());
    });
}

#[test]
fn two_subscribers_get_the_same_in_the_same_order() {
    in_every_order(1, || {
        let channel = channel();
        let subscribers = [(); 2].map(|()| {
            let mut subscription = channel.subscribe();
            thread::spawn(move || [(); 2].map(|()| next(&mut subscription)))
        });
        let publisher = publish(&channel, &["one"]);
        channel.publish("other").unwrap();
        publisher.join().unwrap();
        let [one, other] = subscribers.map(|subscriber| subscriber.join().unwrap());
        assert_eq!(one, other);
        assert_eq!(one.map(|(number, _)| number), [1, 2]);
    });
}
