use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Wake, Waker},
};

use futures::Stream;
use tower_sse::{Channel, Event, Subscription};

use crate::{support::*, task::Task};

impl Task {
    #[track_caller]
    pub(crate) fn waits(&self, subscription: &mut Subscription) {
        let waker = self.waker();
        let polled = Pin::new(subscription).poll_next(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
}

#[test]
fn come_once_with_each_publication_that_is_waited_for() {
    let channel = channel();
    let (task, mut subscriber) = (Task::default(), channel.subscribe());
    for _ in 0..3 {
        task.waits(&mut subscriber);
        assert_eq!(task.wakes(), 0);
        publish(&channel, "one");
        assert_eq!(task.wakes(), 1);
        assert_eq!(texts(&mut subscriber), ["one"]);
    }
}

#[test]
fn come_once_for_many_publications_before_the_next_poll() {
    let channel = channel();
    let (task, mut subscriber) = (Task::default(), channel.subscribe());
    task.waits(&mut subscriber);
    publish_numbers(&channel, 1..=3);
    channel.close();
    assert_eq!(task.wakes(), 1);
}

/// A task that panics when it is woken.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("on purpose");
    }
}

#[test]
fn come_though_those_of_others_panic() {
    let channel = channel();
    let tasks = [(); 3].map(|()| (Task::default(), channel.subscribe()));
    let mut bad = [(); 2].map(|()| channel.subscribe());
    let mut tasks = tasks.into_iter();
    let wait = |(task, mut subscriber): (Task, Subscription)| {
        task.waits(&mut subscriber);
        (task, subscriber)
    };
    let first = wait(tasks.next().unwrap());
    for bad in &mut bad {
        let waker = Arc::new(Panics).into();
        let polled = Pin::new(bad).poll_next(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    let rest: Vec<_> = tasks.map(wait).collect();

    let publish = AssertUnwindSafe(|| publish(&channel, "one"));
    assert!(catch_unwind(publish).is_err());
    for (task, mut subscriber) in rest.into_iter().chain([first]) {
        assert_eq!(task.wakes(), 1);
        assert_eq!(texts(&mut subscriber), ["one"]);
    }
}

#[test]
fn come_once_with_a_batch() {
    let channel = channel();
    let (task, mut subscriber) = (Task::default(), channel.subscribe());
    task.waits(&mut subscriber);
    let batch = ["one", "two", "three"].map(Event::new);
    channel.publish_all(batch).unwrap();
    assert_eq!(task.wakes(), 1);
}

#[test]
fn come_to_all_waiting_tasks() {
    let channel = channel();
    let mut waiting = [(); 40].map(|()| (Task::default(), channel.subscribe()));
    waiting.iter_mut().for_each(|(task, s)| task.waits(s));
    publish(&channel, "one");
    for (task, subscriber) in &mut waiting {
        assert_eq!(task.wakes(), 1);
        assert_eq!(texts(subscriber), ["one"]);
    }
}

#[test]
fn come_to_the_task_that_polled_last() {
    let channel = channel();
    let [before, after] = [Task::default(), Task::default()];
    let mut subscriber = channel.subscribe();
    before.waits(&mut subscriber);
    after.waits(&mut subscriber);
    publish(&channel, "one");
    assert_eq!((before.wakes(), after.wakes()), (0, 1));
}

#[test]
fn come_with_the_close_and_with_the_drop_of_the_last_clone() {
    let ends: [fn(Channel); 2] = [|channel| channel.close(), drop];
    for end in ends {
        let channel = channel();
        let (task, mut subscriber) = (Task::default(), channel.subscribe());
        task.waits(&mut subscriber);
        end(channel);
        assert_eq!(task.wakes(), 1);
        assert!(is_ended(&mut subscriber));
    }
}

#[test]
fn do_not_come_of_what_is_not_published() {
    let channel: Channel = Channel::new(options().max_bytes(30));
    let (task, mut subscriber) = (Task::default(), channel.subscribe());
    task.waits(&mut subscriber);
    channel.publish(Event::new("0123456789")).unwrap_err();
    channel.publish_all::<[Event; 0]>([]).unwrap();
    drop((channel.subscribe(), channel.replay()));
    drop(channel.clone());
    assert_eq!(task.wakes(), 0);
}

#[test]
fn do_not_come_to_tasks_that_have_left() {
    let channel = channel();
    let (task, mut subscriber) = (Task::default(), channel.subscribe());
    task.waits(&mut subscriber);
    drop(subscriber);
    publish(&channel, "one");
    assert_eq!(task.wakes(), 0);
}

#[test]
fn come_to_a_task_in_the_slot_of_one_that_has_left() {
    let channel = channel();
    let (mut leaving, mut staying) = (channel.subscribe(), channel.subscribe());
    Task::default().waits(&mut leaving);
    publish(&channel, "one");
    let task = Task::default();
    assert_eq!(texts(&mut staying), ["one"]);
    task.waits(&mut staying);
    drop(leaving);
    publish(&channel, "two");
    assert_eq!(task.wakes(), 1);
}

/// A task that goes, and a subscriber with it, when nobody can wake it any more.
struct Holder {
    _subscriber: Mutex<Subscription>,
}

impl Wake for Holder {
    fn wake(self: Arc<Self>) {}
}

/// Has a subscriber wait that nothing but its task's waker holds.
fn wait_as_holder(channel: &Channel, subscriber: &mut Subscription) {
    let mut held = channel.subscribe();
    Task::default().waits(&mut held);
    let waker = Waker::from(Arc::new(Holder {
        _subscriber: Mutex::new(held),
    }));
    let polled = Pin::new(subscriber).poll_next(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
}

#[test]
fn can_be_the_last_of_a_task_whose_subscriber_leaves_with_it() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    wait_as_holder(&channel, &mut subscriber);
    assert_eq!(channel.subscriber_count(), 2);
    Task::default().waits(&mut subscriber);
    assert_eq!(channel.subscriber_count(), 1, "another task waits now");
    wait_as_holder(&channel, &mut subscriber);
    publish(&channel, "one");
    assert_eq!(channel.subscriber_count(), 1, "it was woken");
    assert_eq!(texts(&mut subscriber), ["one"]);
    wait_as_holder(&channel, &mut subscriber);
    drop(subscriber);
    assert_eq!(channel.subscriber_count(), 0, "nobody waits");
}

#[test]
fn are_not_missed_by_a_task_that_is_polled_for_another_reason() {
    let channel = channel();
    let (task, mut subscriber) = (Task::default(), channel.subscribe());
    for round in 0..10 {
        task.waits(&mut subscriber);
        task.waits(&mut subscriber);
        publish(&channel, "one");
        if round % 2 == 0 {
            publish(&channel, "two");
        }
        assert_eq!(task.wakes(), 1);
        // Some of it is read before the next poll that has nothing.
        drop(next(&mut subscriber));
        publish(&channel, "three");
        texts(&mut subscriber);
        task.wakes();
    }
}
