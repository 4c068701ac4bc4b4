use loom::thread;

use super::support::{hub, look, next, rest, wait};
use crate::{Channel, Hub, LastEventId, Subscription, loom_tests::in_every_order};

fn a(hub: &Hub) -> Channel<str> {
    hub.channel("a").unwrap()
}

fn close_a(hub: &Hub) {
    if let Some(channel) = hub.get::<str>("a") {
        channel.close();
    }
}

/// Checks that the channel `a` is the one that is subscribed to, and that it is removed afterwards.
fn assert_lives(hub: &Hub, mut subscription: Subscription) {
    assert!(look(&mut subscription).is_pending(), "it is closed");
    hub.get::<str>("a").unwrap().publish("one").unwrap();
    assert_eq!(next(&mut subscription).1, "one");
    drop(subscription);
    assert!(hub.is_empty());
}

#[test]
fn a_channel_lives_whose_subscriber_comes_while_idle_channels_are_removed() {
    in_every_order(3, || {
        let hub = hub(10);
        let coming = thread::spawn({
            let hub = hub.clone();
            move || a(&hub).subscribe()
        });
        hub.len();
        assert_lives(&hub, coming.join().unwrap());
    });
}

#[test]
fn a_channel_lives_whose_subscriber_comes_while_another_wants_its_place() {
    in_every_order(3, || {
        let hub = hub(1);
        let coming = thread::spawn({
            let hub = hub.clone();
            move || hub.channel::<str>("a").ok().map(|a| a.subscribe())
        });
        let other = hub.channel::<str>("b").is_ok();
        match coming.join().unwrap() {
            Some(subscription) => assert_lives(&hub, subscription),
            None => assert!(other),
        }
    });
}

#[test]
fn a_channel_lives_whose_next_subscriber_comes_as_the_last_leaves() {
    in_every_order(3, || {
        let hub = hub(10);
        let subscription = a(&hub).subscribe();
        let leaving = thread::spawn(|| drop(subscription));
        let coming = thread::spawn({
            let hub = hub.clone();
            move || a(&hub).subscribe()
        });
        let subscription = coming.join().unwrap();
        leaving.join().unwrap();
        assert_lives(&hub, subscription);
    });
}

#[test]
fn a_channel_is_removed_whose_last_subscriber_left_while_it_was_looked_at() {
    in_every_order(3, || {
        let hub = hub(10);
        let leaving = [(); 2].map(|()| {
            let subscription = a(&hub).subscribe();
            thread::spawn(|| drop(subscription))
        });
        hub.len();
        for leaving in leaving {
            leaving.join().unwrap();
        }
        assert!(hub.is_empty());
    });
}

#[test]
fn two_threads_that_ask_for_a_channel_get_the_same() {
    in_every_order(3, || {
        let hub = hub(10);
        let subscribing = thread::spawn({
            let hub = hub.clone();
            move || a(&hub).subscribe()
        });
        let a = a(&hub);
        let mut subscription = subscribing.join().unwrap();
        a.publish("one").unwrap();
        assert_eq!(next(&mut subscription).1, "one");
    });
}

#[test]
fn a_channel_that_is_closed_ends_for_its_subscribers() {
    in_every_order(3, || {
        let hub = hub(10);
        let mut subscription = a(&hub).subscribe();
        let closing = thread::spawn({
            let hub = hub.clone();
            move || close_a(&hub)
        });
        assert!(wait(&mut subscription).is_none());
        closing.join().unwrap();
        assert!(hub.is_empty());
    });
}

#[test]
fn a_subscriber_that_reads_the_end_of_a_closed_channel_finds_another() {
    in_every_order(2, || {
        let hub = hub(1);
        let channel = a(&hub);
        let subscription = channel.subscribe();
        let publishing = thread::spawn(move || channel.publish("one").is_ok());
        let closing = thread::spawn({
            let hub = hub.clone();
            move || close_a(&hub)
        });
        let got = rest(subscription).len();
        assert!(!a(&hub).is_closed());
        assert_eq!(got, usize::from(publishing.join().unwrap()));
        closing.join().unwrap();
    });
}

#[test]
fn no_id_is_given_twice_while_a_channel_is_closed() {
    let close: [fn(&Hub); 2] = [close_a, Hub::close];
    for close in close {
        in_every_order(2, move || {
            let hub = hub(10);
            let publish = {
                let hub = hub.clone();
                // It may be closed by now.
                move || a(&hub).publish("one").ok()
            };
            let publishing = thread::spawn(publish.clone());
            let closing = thread::spawn(move || close(&hub));
            let ids = [publish(), publishing.join().unwrap()];
            closing.join().unwrap();
            assert!(ids[0].is_none() || ids[0] != ids[1], "{ids:?}");
        });
    }
}

#[test]
fn an_event_that_is_published_while_its_channel_is_made_anew_is_a_gap_there() {
    in_every_order(2, || {
        let hub = hub(10);
        let channel = a(&hub);
        let before = LastEventId::new(hub.last_id());
        let closing = thread::spawn({
            let channel = channel.clone();
            move || channel.close()
        });
        let anew = thread::spawn({
            let hub = hub.clone();
            move || a(&hub)
        });
        let is_published = channel.publish("one").is_ok();
        closing.join().unwrap();
        drop(anew.join().unwrap());
        let resumed = hub.resume(["a"], before.as_ref()).unwrap();
        assert_eq!(resumed.gaps().len(), usize::from(is_published));
    });
}
