//! A task that is woken, or a value that is dropped, may use what has woken or dropped it: nothing is
//! locked then.

use std::{
    future::Future,
    hash::{Hash, Hasher},
    pin::pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use futures::Stream;
use tower_sse::{Channel, Event, StateChannel, Subscription, Topics};

use crate::{
    support::*,
    topics::{topic, topics},
};

/// A waker that does something by itself.
struct Doing<F>(F);

impl<F: Fn() + Send + Sync> Wake for Doing<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

fn waker(does: impl Fn() + Send + Sync + 'static) -> Waker {
    Arc::new(Doing(does)).into()
}

/// Has something done, and fails if it hangs.
pub(crate) fn in_time(does: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = thread::spawn(move || {
        does();
        done.send(()).unwrap();
    });
    match is_done.recv_timeout(Duration::from_secs(20)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        // It may have panicked instead.
        _ => thread.join().unwrap(),
    }
}

/// Counts by sending.
fn counter() -> (
    impl Fn() + Send + Sync + Clone + 'static,
    mpsc::Receiver<()>,
) {
    let (sender, receiver) = mpsc::channel();
    let sender = Arc::new(Mutex::new(sender));
    (move || sender.lock().unwrap().send(()).unwrap(), receiver)
}

fn wait_for(subscription: &mut Subscription, waker: &Waker) {
    let polled = pin!(subscription).poll_next(&mut Context::from_waker(waker));
    assert!(polled.is_pending());
}

/// Waits for a subscriber, or the close.
fn wait_for_one(channel: &Channel, waker: &Waker) -> impl Future + use<> {
    let mut waiting = Box::pin(channel.wait_for_subscriber());
    let polled = waiting.as_mut().poll(&mut Context::from_waker(waker));
    assert!(polled.is_pending());
    waiting
}

#[test]
fn a_task_that_is_woken_may_publish() {
    in_time(|| {
        let channel = channel();
        let (count, counted) = counter();
        let mut subscriber = channel.subscribe();
        let waker = waker({
            let channel = channel.clone();
            move || {
                count();
                publish(&channel, "two");
            }
        });
        wait_for(&mut subscriber, &waker);
        publish(&channel, "one");
        assert_eq!(counted.try_iter().count(), 1);
        assert_eq!(texts(&mut subscriber), ["one", "two"]);
    });
}

#[test]
fn a_task_woken_by_a_change_may_read_the_state() {
    in_time(|| {
        let state = StateChannel::<u64>::new(0, options());
        let (count, counted) = counter();
        let mut subscriber = state.channel().subscribe();
        let waker = waker({
            let state = state.clone();
            move || {
                count();
                assert_eq!(state.read(|state| *state), 1);
            }
        });
        wait_for(&mut subscriber, &waker);
        let change = |state: &mut u64| {
            *state += 1;
            Event::new("one more")
        };
        state.update(change).unwrap();
        assert_eq!(counted.try_iter().count(), 1);
    });
}

#[test]
fn a_task_woken_by_the_first_subscriber_may_read_the_state() {
    in_time(|| {
        let state = StateChannel::<u64>::new(7, options());
        let (count, counted) = counter();
        let waker = waker({
            let state = state.clone();
            move || {
                count();
                assert_eq!(state.read(|state| *state), 7);
            }
        });
        let _waiting = wait_for_one(state.channel(), &waker);
        let _subscriber = state.subscribe(|_| Event::new("all")).unwrap();
        assert_eq!(counted.try_iter().count(), 1);
    });
}

/// Removes a topic while a task waits for a subscriber or its close.
fn with_a_waiting_task(remove: fn(&Topics<String>)) {
    in_time(move || {
        let topics = topics(1).linger(Duration::ZERO);
        let a = topic(&topics, "a");
        let (count, counted) = counter();
        let waker = waker({
            let topics = topics.clone();
            move || {
                count();
                assert!(topics.get("a").is_none());
            }
        });
        let _waiting = wait_for_one(&a, &waker);
        drop(a);
        remove(&topics);
        assert_eq!(counted.try_iter().count(), 1);
    });
}

#[test]
fn a_task_woken_by_a_dropped_topic_may_use_the_topics() {
    with_a_waiting_task(|topics| assert!(topics.is_empty()));
}

#[test]
fn a_task_woken_by_a_removed_topic_may_use_the_topics() {
    with_a_waiting_task(|topics| topics.remove("a"));
}

#[test]
fn a_task_woken_by_the_close_of_all_topics_may_use_them() {
    with_a_waiting_task(Topics::close);
}

#[test]
fn a_task_woken_by_a_topic_that_made_room_may_ask_for_another() {
    in_time(|| {
        let topics = topics(2);
        let a = topic(&topics, "a");
        let (count, counted) = counter();
        let waker = waker({
            let topics = topics.clone();
            move || {
                count();
                assert!(topics.topic("b".to_owned()).is_err());
            }
        });
        let _waiting = wait_for_one(&a, &waker);
        drop(a);
        let _others = ["c", "d"].map(|key| topic(&topics, key).subscribe());
        assert_eq!(counted.try_iter().count(), 1);
    });
}

#[test]
fn a_task_woken_by_a_close_may_ask_for_another_topic_in_its_place() {
    in_time(|| {
        let topics = topics(1);
        let a = topic(&topics, "a");
        let (count, counted) = counter();
        let waker = waker({
            let topics = topics.clone();
            move || {
                count();
                assert!(topics.topic("b".to_owned()).is_ok());
            }
        });
        let _waiting = wait_for_one(&a, &waker);
        a.close();
        assert_eq!(counted.try_iter().count(), 1);
    });
}

/// A key that looks at the topics when it is dropped.
#[derive(Clone)]
struct Key {
    name: &'static str,
    topics: Arc<Mutex<Option<Topics<Key>>>>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.name.hash(hasher);
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let topics = self.topics.lock().unwrap().clone();
        if let Some(topics) = topics {
            topics.len();
        }
    }
}

#[test]
fn a_key_that_is_dropped_may_use_the_topics() {
    in_time(|| {
        let all = Topics::new(2.try_into().unwrap(), options()).linger(Duration::ZERO);
        let shared = Arc::new(Mutex::new(Some(all.clone())));
        let key = |name| Key {
            name,
            topics: Arc::clone(&shared),
        };
        let held: Channel = all.topic(key("held")).unwrap();
        drop(held.subscribe());
        drop(all.topic(key("a")).unwrap().subscribe());
        all.topic(key("b")).unwrap();
        drop(all.topic(key("c")));
        all.remove(&key("b"));
        all.close();
        assert_eq!(all.len(), 0);
        // Or they would hold each other.
        let topics = shared.lock().unwrap().take();
        drop(topics);
    });
}
