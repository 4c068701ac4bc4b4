use loom::thread;

use super::support::{channel, next, publish, published, rest, retaining, wait};
use crate::loom_tests::in_every_order;

#[test]
fn a_waiting_subscriber_is_woken_by_the_close() {
    in_every_order(3, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let closing = thread::spawn({
            let channel = channel.clone();
            move || channel.close()
        });
        assert!(wait(&mut subscription).is_none());
        assert_eq!(channel.subscriber_count(), 0, "though it is not dropped");
        closing.join().unwrap();
    });
}

#[test]
fn a_waiting_subscriber_is_woken_when_the_last_publisher_is_gone() {
    in_every_order(3, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let publisher = publish(&channel, &["one", "two"]);
        drop(channel);
        assert_eq!(next(&mut subscription).1, "one");
        assert_eq!(next(&mut subscription).1, "two");
        assert!(wait(&mut subscription).is_none());
        publisher.join().unwrap();
    });
}

#[test]
fn an_event_that_is_published_while_another_closes_comes_to_all_or_to_none() {
    in_every_order(3, || {
        let channel = channel();
        let subscription = channel.subscribe();
        let publisher = thread::spawn({
            let channel = channel.clone();
            move || channel.publish("one").is_ok()
        });
        channel.close();
        let got: Vec<_> = rest(subscription).iter().map(published).collect();
        let is_published = publisher.join().unwrap();
        let one = is_published.then(|| Some((1, "one".to_owned())));
        assert_eq!(got, Vec::from_iter(one));
        let held = rest(channel.replay());
        let held = held.iter().filter_map(published);
        assert_eq!(held.count(), got.len());
    });
}

#[test]
fn a_hub_that_closes_removes_no_channel_from_a_subscription() {
    in_every_order(3, || {
        let hub = retaining();
        let subscription = hub.subscribe(["a", "b"]).unwrap();
        let closing = thread::spawn({
            let hub = hub.clone();
            move || hub.close()
        });
        assert!(rest(subscription).is_empty());
        closing.join().unwrap();
    });
}
