use loom::{future::block_on, thread};

use super::support::channel;
use crate::loom_tests::in_every_order;

#[test]
fn a_task_that_waits_for_a_subscriber_is_woken_by_the_first() {
    in_every_order(3, || {
        let channel = channel();
        let waiting = thread::spawn({
            let subscribed = channel.wait_for_subscriber();
            move || block_on(subscribed)
        });
        let other = thread::spawn({
            let channel = channel.clone();
            move || channel.subscribe()
        });
        let one = channel.subscribe();
        assert!(waiting.join().unwrap());
        let other = other.join().unwrap();
        assert_eq!(channel.subscriber_count(), 2);
        drop((one, other));
        assert_eq!(channel.subscriber_count(), 0);
    });
}

#[test]
fn a_subscriber_that_leaves_is_no_close_for_a_task_that_waits_for_one() {
    in_every_order(3, || {
        let channel = channel();
        let visiting = thread::spawn({
            let channel = channel.clone();
            move || drop(channel.subscribe())
        });
        let staying = thread::spawn({
            let channel = channel.clone();
            move || channel.subscribe()
        });
        assert!(block_on(channel.wait_for_subscriber()));
        visiting.join().unwrap();
        drop(staying.join().unwrap());
    });
}

#[test]
fn a_task_that_waits_for_the_last_to_leave_is_woken_by_it() {
    in_every_order(3, || {
        let channel = channel();
        let leaving = [(); 2].map(|()| {
            let subscription = channel.subscribe();
            thread::spawn(|| drop(subscription))
        });
        block_on(channel.wait_until_idle());
        assert_eq!(channel.subscriber_count(), 0);
        for leaving in leaving {
            leaving.join().unwrap();
        }
    });
}

#[test]
fn two_tasks_that_wait_for_each_other_are_woken() {
    in_every_order(3, || {
        let channel = channel();
        let subscription = channel.subscribe();
        let follower = thread::spawn({
            let channel = channel.clone();
            move || {
                block_on(channel.wait_until_idle());
                channel.subscribe()
            }
        });
        drop(subscription);
        block_on(channel.wait_for_subscriber());
        drop(follower.join().unwrap());
        assert_eq!(channel.subscriber_count(), 0);
    });
}
