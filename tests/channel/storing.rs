//! Closing a channel while an event is being stored: nothing waits for the store, and what has been
//! stored is sent.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use futures::{FutureExt, StreamExt};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    task::{spawn_blocking, yield_now},
};
use tower_sse::{BoxError, Channel, ChannelOptions, Event, EventId, Hub, LagPolicy, PublishError};

use crate::{
    hub::{channel_in, close, has, hub, hub_options},
    reentrance::in_time,
    support::*,
    task::Task,
};

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn one_worker() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap()
}

/// Closes the channel `a`, in one of the ways.
type Close = fn(&Hub, &Channel);

const CLOSES: [Close; 3] = [
    |_, channel| channel.close(),
    |hub, _| close(hub, "a"),
    |hub, _| hub.close(),
];

/// Closes while an async store waits for a task on the only thread of the runtime.
async fn close_while_storing(close: Close) {
    let hub = hub(1);
    let channel = channel_in(&hub, "a");
    let mut subscriber = channel.subscribe();
    let (begun, is_begun) = oneshot::channel();
    let (answer, answered) = oneshot::channel::<()>();
    let storing = tokio::spawn(async move {
        answered.await.unwrap();
        yield_now().await;
    });
    let publishing = spawn_blocking({
        let channel = channel.clone();
        move || {
            let store = |_: &EventId| {
                begun.send(()).unwrap();
                Handle::current().block_on(storing)
            };
            channel.publish_with(Event::new("stored"), store).unwrap()
        }
    });
    is_begun.await.unwrap();
    close(&hub, &channel);

    assert!(channel.is_closed());
    let rejected = channel.publish(Event::new("late"));
    assert!(matches!(rejected, Err(PublishError::Closed)));
    assert!(is_waiting(&mut subscriber), "it would miss an event");
    answer.send(()).unwrap();
    let id = publishing.await.unwrap();
    assert_eq!(subscriber.next().await.unwrap().id(), Some(id));
    assert!(subscriber.next().await.is_none());
    assert!(!channel_in(&hub, "a").is_closed());
}

#[test]
fn does_not_block_the_only_thread_that_a_store_needs() {
    for runtime in [current_thread, one_worker] {
        for close in CLOSES {
            in_time(move || {
                let closing = async move { tokio::spawn(close_while_storing(close)).await };
                runtime().block_on(closing).unwrap();
            });
        }
    }
}

/// Has something done while an event is being stored in the channel `a`, with this outcome.
fn while_storing(
    hub: &Hub,
    outcome: impl FnOnce() -> Result<(), BoxError>,
    does: impl FnOnce(&Channel),
) -> Result<EventId, PublishError> {
    let channel = channel_in(hub, "a");
    channel.publish_with(Event::new("stored"), |_| {
        does(&channel);
        outcome()
    })
}

#[test]
fn wakes_a_subscriber_when_the_event_is_there() {
    in_time(|| {
        for close in CLOSES {
            let hub = hub(1);
            let (task, mut subscriber) = (Task::default(), channel_in(&hub, "a").subscribe());
            task.waits(&mut subscriber);
            let published = while_storing(
                &hub,
                || Ok(()),
                |channel| {
                    close(&hub, channel);
                    assert_eq!(task.wakes(), 0, "there is nothing to read yet");
                },
            );
            assert!(task.wakes() > 0);
            assert_eq!(seen(&mut subscriber), [event("stored", published.unwrap())]);
            assert!(is_ended(&mut subscriber));
        }
    });
}

#[test]
fn is_complete_when_the_store_fails() {
    in_time(|| {
        for close in CLOSES {
            let hub = hub(1);
            let (task, mut subscriber) = (Task::default(), channel_in(&hub, "a").subscribe());
            task.waits(&mut subscriber);
            let error = while_storing(
                &hub,
                || Err("the disk is full".into()),
                |channel| close(&hub, channel),
            );
            assert!(matches!(error, Err(PublishError::Before(_))));
            assert_eq!(task.wakes(), 1);
            assert!(is_ended(&mut subscriber));
            assert!(!channel_in(&hub, "a").is_closed());
        }
    });
}

#[test]
fn is_complete_when_the_store_panics() {
    in_time(|| {
        for close in CLOSES {
            let hub = hub(1);
            let (task, mut subscriber) = (Task::default(), channel_in(&hub, "a").subscribe());
            task.waits(&mut subscriber);
            let panics = AssertUnwindSafe(|| {
                while_storing(
                    &hub,
                    || std::panic::resume_unwind(Box::new("on purpose")),
                    |channel| close(&hub, channel),
                )
            });
            let panic = catch_unwind(panics).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
            assert_eq!(task.wakes(), 1);
            assert!(is_ended(&mut subscriber));
            assert!(!channel_in(&hub, "a").is_closed());
        }
    });
}

#[test]
fn leaves_the_number_free_where_nothing_was_stored() {
    in_time(|| {
        let channel = channel();
        let mut subscriber = channel.subscribe();
        let fails = |_: &EventId| Err("the disk is full");
        assert!(channel.publish_with(Event::new("lost"), fails).is_err());
        let panics =
            |_: &EventId| -> Result<(), Infallible> { std::panic::resume_unwind(Box::new(())) };
        let panics = || channel.publish_with(Event::new("lost"), panics);
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(parts(&publish(&channel, "one")).1, 1);
        assert_eq!(texts(&mut subscriber), ["one"]);
    });
}

#[test]
fn is_reported_at_once_to_a_producer_without_subscribers() {
    in_time(|| {
        let hub = hub(1);
        let channel = channel_in(&hub, "a");
        let mut subscribed = Box::pin(channel.wait_for_subscriber());
        assert_eq!((&mut subscribed).now_or_never(), None);
        let published = while_storing(
            &hub,
            || Ok(()),
            |channel| {
                channel.close();
                assert_eq!((&mut subscribed).now_or_never(), Some(false));
            },
        );
        assert!(published.is_ok());
        assert_eq!(texts(&mut channel.replay()), ["stored"]);
    });
}

#[test]
fn frees_the_place_and_the_name_at_once() {
    in_time(|| {
        for close in CLOSES {
            let hub = hub(1);
            let published = while_storing(
                &hub,
                || Ok(()),
                |channel| {
                    close(&hub, channel);
                    assert!(!has(&hub, "a"));
                    assert_eq!((hub.len(), hub.names()), (0, vec![]));
                    assert!(!channel_in(&hub, "b").is_closed());
                    assert!(!channel_in(&hub, "a").is_closed());
                    // As another thread may.
                    channel.close();
                },
            );
            assert!(published.is_ok());
            assert!(!channel_in(&hub, "a").is_closed());
        }
    });
}

#[test]
fn sends_the_event_to_late_subscribers_of_the_closed_channel() {
    in_time(|| {
        for close in CLOSES {
            let hub = hub(1);
            let mut late = None;
            let published = while_storing(
                &hub,
                || Ok(()),
                |channel| {
                    close(&hub, channel);
                    late = Some(channel.subscribe());
                },
            );
            let mut late = late.unwrap();
            assert_eq!(seen(&mut late), [event("stored", published.unwrap())]);
            assert!(is_ended(&mut late));
        }
    });
}

#[test]
fn makes_a_gap_in_the_channel_that_is_made_anew_meanwhile() {
    in_time(|| {
        for close in CLOSES {
            let (hub, mut anew) = (hub(9), None);
            let one = publish(&channel_in(&hub, "a"), "one");
            let two = while_storing(
                &hub,
                || Ok(()),
                |channel| {
                    close(&hub, channel);
                    anew = Some(channel_in(&hub, "a"));
                },
            );
            let (anew, two) = (anew.unwrap(), two.unwrap());
            let three = publish(&anew, "three");
            assert_eq!([&two, &three].map(|id| parts(id).1), [2, 3]);
            let expected = [
                named("gap", format!("{three}\na"), &two),
                event("three", &three),
            ];
            assert_eq!(seen(&mut resume(&anew, &one)), expected);
            assert_eq!(seen(&mut resume(&anew, &two)), [event("three", &three)]);
        }
    });
}

#[test]
fn makes_a_gap_in_the_channel_that_is_made_anew_afterwards() {
    in_time(|| {
        for close in CLOSES {
            let hub = hub(9);
            let one = publish(&channel_in(&hub, "a"), "one");
            let two = while_storing(&hub, || Ok(()), |channel| close(&hub, channel)).unwrap();
            let anew = channel_in(&hub, "a");
            assert_eq!(seen(&mut resume(&anew, &one)), [named("gap", "\na", &two)]);
            assert!(is_waiting(&mut resume(&anew, &two)));
        }
    });
}

#[test]
fn makes_no_gap_where_nothing_was_stored() {
    in_time(|| {
        for close in CLOSES {
            let (hub, mut anew) = (hub(9), None);
            let fails = while_storing(
                &hub,
                || Err("the disk is full".into()),
                |channel| {
                    close(&hub, channel);
                    anew = Some(channel_in(&hub, "a"));
                },
            );
            assert!(fails.is_err());
            let anew = anew.unwrap();
            assert!(is_waiting(&mut resume(&anew, anew.last_id())));
        }
    });
}

#[test]
fn leaves_no_trace_of_an_event_without_an_id() {
    in_time(|| {
        for close in CLOSES {
            let each = |name: &str, options: ChannelOptions| match name {
                "a" => options.without_ids(),
                _ => options,
            };
            let hub = Hub::new(hub_options(1).each(each));
            while_storing(&hub, || Ok(()), |channel| close(&hub, channel)).unwrap();
            // The hub remembers one removed channel, and counts what it has forgotten for all others.
            publish(&channel_in(&hub, "b"), "two");
            channel_in(&hub, "b").close();
            let before = last(sibling(&hub.last_id(), 0));
            let resumed = hub.resume(["c"], Some(&before)).unwrap();
            assert!(resumed.gaps().is_empty());
        }
    });
}

#[test]
fn is_a_lag_for_subscribers_of_the_channel_that_is_made_anew() {
    in_time(|| {
        for close in CLOSES {
            let options = options().lag_policy(LagPolicy::notify());
            let hub = Hub::new(hub_options(9).channel_options(options));
            let mut subscriber = None;
            let stored = while_storing(
                &hub,
                || Ok(()),
                |channel| {
                    close(&hub, channel);
                    subscriber = Some(hub.subscribe(["a", "b"]).unwrap());
                    // It has looked at both.
                    assert!(is_waiting(subscriber.as_mut().unwrap()));
                },
            );
            assert!(stored.is_ok());
            let two = publish(&channel_in(&hub, "b"), "two");
            let expected = [named("lagged", "1\na", ""), event("two", two)];
            assert_eq!(seen(&mut subscriber.unwrap()), expected);
        }
    });
}

#[test]
fn gives_no_number_twice() {
    in_time(|| {
        let hub = hub(9);
        let a = channel_in(&hub, "a");
        let mut other = None;
        let (began, has_begun) = mpsc::channel();
        let stored = a.publish_with(Event::new("stored"), |id| {
            other = Some(thread::spawn({
                let b = channel_in(&hub, "b");
                move || {
                    began.send(()).unwrap();
                    publish(&b, "two")
                }
            }));
            has_begun.recv().unwrap();
            assert_eq!(parts(id).1, 1);
            Ok::<_, Infallible>(())
        });
        let two = other.unwrap().join().unwrap();
        assert_eq!([&stored.unwrap(), &two].map(|id| parts(id).1), [1, 2]);
    });
}
