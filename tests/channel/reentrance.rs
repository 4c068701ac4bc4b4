//! A task that is woken, or a value that is dropped, may use what has woken or dropped it: nothing is
//! locked then.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use futures::Stream;
use tower_sse::{Channel, ChannelOptions, Event, Hub, LagPolicy, StateChannel, Subscription};

use crate::{
    hub::{channel_in, close, has, hub, hub_options},
    support::*,
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

/// Closes a channel while a task waits for a subscriber or its close.
fn with_a_waiting_task(close: fn(&Hub)) {
    in_time(move || {
        let hub = hub(1);
        let a = channel_in(&hub, "a");
        let (count, counted) = counter();
        let waker = waker({
            let hub = hub.clone();
            move || {
                count();
                assert!(!has(&hub, "a"));
            }
        });
        let _waiting = wait_for_one(&a, &waker);
        drop(a);
        close(&hub);
        assert_eq!(counted.try_iter().count(), 1);
    });
}

#[test]
fn a_task_woken_by_a_close_may_use_the_hub() {
    with_a_waiting_task(|hub| close(hub, "a"));
}

#[test]
fn a_task_woken_by_the_close_of_all_channels_may_use_the_hub() {
    with_a_waiting_task(Hub::close);
}

#[test]
fn a_task_woken_by_a_close_may_ask_for_another_channel_in_its_place() {
    in_time(|| {
        let hub = hub(1);
        let a = channel_in(&hub, "a");
        let (count, counted) = counter();
        let waker = waker({
            let hub = hub.clone();
            move || {
                count();
                assert!(hub.channel::<Event>("b").is_ok());
            }
        });
        let _waiting = wait_for_one(&a, &waker);
        a.close();
        assert_eq!(counted.try_iter().count(), 1);
    });
}

#[test]
fn a_task_woken_by_an_event_of_several_channels_may_publish_and_use_the_hub() {
    in_time(|| {
        let hub = hub(9);
        let (count, counted) = counter();
        let mut subscriber = hub.subscribe(["a", "b"]).unwrap();
        let waker = waker({
            let hub = hub.clone();
            move || {
                count();
                hub.publish(["b", "c"], &Event::new("two")).unwrap();
                assert_eq!(hub.len(), 3);
            }
        });
        wait_for(&mut subscriber, &waker);
        hub.publish(["a", "b"], &Event::new("one")).unwrap();
        assert_eq!(counted.try_iter().count(), 1);
        assert_eq!(texts(&mut subscriber), ["one", "two"]);
    });
}

/// Uses the hub when it is dropped.
struct Dropped {
    hub: Arc<Mutex<Option<Hub>>>,
    count: mpsc::Sender<()>,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        let hub = self.hub.lock().unwrap().clone();
        if let Some(hub) = hub {
            hub.len();
            // The receiver may be gone.
            let _ = self.count.send(());
        }
    }
}

/// Makes a hub whose channels have policies that use it when they are dropped. Drops some in this way,
/// and checks how many.
fn drop_policies(most: usize, expected: usize, drops: fn(&Hub)) {
    in_time(move || {
        let (count, counted) = mpsc::channel();
        let shared = Arc::<Mutex<Option<Hub>>>::default();
        let count = Mutex::new(count);
        let each = {
            let shared = Arc::clone(&shared);
            move |_: &str, options: ChannelOptions| {
                let dropped = Dropped {
                    hub: Arc::clone(&shared),
                    count: count.lock().unwrap().clone(),
                };
                options.lag_policy(LagPolicy::notify_with(move |_| {
                    unreachable!("{:?}: nobody lags", dropped.count)
                }))
            }
        };
        let options = hub_options(most).linger(Duration::ZERO);
        let hub = Hub::new(options.each(each));
        *shared.lock().unwrap() = Some(hub.clone());
        drops(&hub);
        assert_eq!(counted.try_iter().count(), expected);
        // Or they would hold each other.
        let hub = shared.lock().unwrap().take();
        drop(hub);
    });
}

#[test]
fn a_policy_dropped_with_a_channel_whose_time_has_passed_may_use_the_hub() {
    drop_policies(9, 1, |hub| {
        drop(channel_in(hub, "a"));
        assert_eq!(hub.len(), 0);
    });
}

#[test]
fn a_policy_dropped_with_a_channel_that_makes_room_may_use_the_hub() {
    drop_policies(1, 1, |hub| {
        publish(&channel_in(hub, "a"), "one");
        assert!(hub.channel::<Event>("b").is_ok());
    });
}

#[test]
fn a_policy_dropped_with_a_channel_that_is_closed_may_use_the_hub() {
    drop_policies(9, 1, |hub| {
        publish(&channel_in(hub, "a"), "one");
        close(hub, "a");
    });
}

#[test]
fn a_policy_dropped_with_all_channels_may_use_the_hub() {
    drop_policies(9, 2, |hub| {
        drop(["a", "b"].map(|name| publish(&channel_in(hub, name), "one")));
        hub.close();
    });
}

#[test]
fn a_policy_dropped_with_the_last_subscription_may_use_the_hub() {
    drop_policies(9, 1, |hub| {
        let subscription = channel_in(hub, "a").subscribe();
        hub.close();
        drop(subscription);
    });
}

#[test]
fn a_policy_dropped_because_there_is_no_room_may_use_the_hub() {
    drop_policies(1, 1, |hub| {
        let _held = channel_in(hub, "a");
        assert!(hub.channel::<Event>("b").is_err());
    });
}
