use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures_util::StreamExt;
use loom::thread;

use super::support::{channel, holding, publish};
use crate::{Channel, LagPolicy, Subscription, loom_tests::in_every_order};

/// A task. What could wake it holds a reference to it.
struct Task;

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

/// Waits as this task does.
fn poll(subscription: &mut Subscription, task: &Arc<Task>) -> Poll<()> {
    let waker = Waker::from(Arc::clone(task));
    let polled = subscription.poll_next_unpin(&mut Context::from_waker(&waker));
    polled.map(|_| ())
}

#[test]
fn nothing_is_left_of_a_subscriber_that_leaves_while_an_event_is_published() {
    in_every_order(3, || {
        let channel = channel();
        let task = Arc::new(Task);
        let mut subscription = channel.subscribe();
        let leaving = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                while poll(&mut subscription, &task).is_ready() {}
                drop(subscription);
            }
        });
        let publisher = publish(&channel, &["one"]);
        leaving.join().unwrap();
        publisher.join().unwrap();
        assert_eq!(channel.subscriber_count(), 0);
        assert_eq!(Arc::strong_count(&task), 1, "something would wake it");
    });
}

#[test]
fn nothing_is_left_of_a_task_that_waited_for_a_subscriber_or_for_idleness() {
    in_every_order(3, || {
        let channel = channel();
        let task = Arc::new(Task);
        let waker = Waker::from(Arc::clone(&task));
        let mut cx = Context::from_waker(&waker);
        let subscription = channel.subscribe();
        let leaving = thread::spawn(|| drop(subscription));
        let _ = pin!(channel.wait_for_subscriber()).poll(&mut cx);
        let _ = pin!(channel.wait_until_idle()).poll(&mut cx);
        leaving.join().unwrap();
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 1, "something would wake it");
    });
}

#[test]
fn nothing_is_left_of_the_channel_when_all_have_gone() {
    in_every_order(3, || {
        let held = Arc::new(());
        let lag = LagPolicy::notify_with({
            let held = Arc::clone(&held);
            move |_| unreachable!("{held:?}: nobody lags")
        });
        let channel = Channel::new(holding(10).lag_policy(lag));
        let subscription = channel.subscribe();
        let leaving = thread::spawn(|| drop(subscription));
        let publisher = publish(&channel, &["one"]);
        drop(channel);
        leaving.join().unwrap();
        publisher.join().unwrap();
        assert_eq!(Arc::strong_count(&held), 1);
    });
}
