//! Closing a channel while an event is being stored: nothing waits for the store, and what has been
//! stored is sent.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use futures::{FutureExt, StreamExt};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    task::{spawn_blocking, yield_now},
};
use tower_sse::{BoxError, Channel, Event, EventId, PublishError, Topics};

use crate::{
    reentrance::in_time,
    support::*,
    task::Task,
    topics::{topic, topics},
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

/// Closes the topic `a`, in one of the ways.
type Close = fn(&Topics<String>, &Channel);

const CLOSES: [Close; 3] = [
    |_, channel| channel.close(),
    |topics, _| topics.remove("a"),
    |topics, _| topics.close(),
];

/// Closes while an async store waits for a task on the only thread of the runtime.
async fn close_while_storing(close: Close) {
    let topics = topics(1);
    let channel = topic(&topics, "a");
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
    close(&topics, &channel);

    assert!(channel.is_closed());
    let rejected = channel.publish(Event::new("late"));
    assert!(matches!(rejected, Err(PublishError::Closed)));
    assert!(is_waiting(&mut subscriber), "it would miss an event");
    answer.send(()).unwrap();
    let id = publishing.await.unwrap();
    assert_eq!(subscriber.next().await.unwrap().id(), Some(id));
    assert!(subscriber.next().await.is_none());
    assert!(!topic(&topics, "a").is_closed());
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

/// Has something done while an event is being stored in the topic `a`, with this outcome.
fn while_storing(
    topics: &Topics<String>,
    outcome: impl FnOnce() -> Result<(), BoxError>,
    does: impl FnOnce(&Channel),
) -> Result<EventId, PublishError> {
    let channel = topic(topics, "a");
    channel.publish_with(Event::new("stored"), |_| {
        does(&channel);
        outcome()
    })
}

#[test]
fn wakes_a_subscriber_when_the_event_is_there() {
    in_time(|| {
        for close in CLOSES {
            let topics = topics(1);
            let (task, mut subscriber) = (Task::default(), topic(&topics, "a").subscribe());
            task.waits(&mut subscriber);
            let published = while_storing(
                &topics,
                || Ok(()),
                |channel| {
                    close(&topics, channel);
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
            let topics = topics(1);
            let (task, mut subscriber) = (Task::default(), topic(&topics, "a").subscribe());
            task.waits(&mut subscriber);
            let error = while_storing(
                &topics,
                || Err("the disk is full".into()),
                |channel| close(&topics, channel),
            );
            assert!(matches!(error, Err(PublishError::Before(_))));
            assert_eq!(task.wakes(), 1);
            assert!(is_ended(&mut subscriber));
            assert!(!topic(&topics, "a").is_closed());
        }
    });
}

#[test]
fn is_complete_when_the_store_panics() {
    in_time(|| {
        for close in CLOSES {
            let topics = topics(1);
            let (task, mut subscriber) = (Task::default(), topic(&topics, "a").subscribe());
            task.waits(&mut subscriber);
            let panics = AssertUnwindSafe(|| {
                while_storing(
                    &topics,
                    || std::panic::resume_unwind(Box::new("on purpose")),
                    |channel| close(&topics, channel),
                )
            });
            let panic = catch_unwind(panics).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
            assert_eq!(task.wakes(), 1);
            assert!(is_ended(&mut subscriber));
            assert!(!topic(&topics, "a").is_closed());
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
        let topics = topics(1);
        let channel = topic(&topics, "a");
        let mut subscribed = Box::pin(channel.wait_for_subscriber());
        assert_eq!((&mut subscribed).now_or_never(), None);
        let published = while_storing(
            &topics,
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
fn leaves_no_topic_but_for_subscribers() {
    in_time(|| {
        for close in CLOSES {
            let topics = topics(1);
            let mut late = None;
            let published = while_storing(
                &topics,
                || Ok(()),
                |channel| {
                    close(&topics, channel);
                    assert!(topics.get("a").is_none());
                    assert_eq!((topics.len(), topics.keys()), (0, vec![]));
                    let closing = topic(&topics, "a");
                    assert!(closing.publish(Event::new("late")).is_err());
                    late = Some(closing.subscribe());
                    // It leaves its place to another, and may be closed once more.
                    assert!(!topic(&topics, "b").is_closed());
                    close(&topics, channel);
                },
            );
            let mut late = late.unwrap();
            assert_eq!(seen(&mut late), [event("stored", published.unwrap())]);
            assert!(is_ended(&mut late));
            topics.remove("b");
            assert!(!topic(&topics, "a").is_closed());
        }
    });
}

#[test]
fn gives_no_id_twice() {
    in_time(|| {
        let stored = Arc::new(Mutex::new(vec![EventId::from_static("ABCDEF-41")]));
        let topics = topics(1).each({
            let stored = Arc::clone(&stored);
            move |_, options| options.after(stored.lock().unwrap().last().unwrap())
        });
        let publish = |channel: &Channel, meanwhile: &dyn Fn()| {
            channel.publish_with(Event::new("one"), |id| {
                meanwhile();
                stored.lock().unwrap().push(id.clone());
                Ok::<_, Infallible>(())
            })
        };
        let other = || {
            topics.remove("a");
            assert!(publish(&topic(&topics, "a"), &|| {}).is_err());
        };
        publish(&topic(&topics, "a"), &other).unwrap();
        publish(&topic(&topics, "a"), &|| {}).unwrap();
        let stored = stored.lock().unwrap();
        assert_eq!(stored[..], ["ABCDEF-41", "ABCDEF-42", "ABCDEF-43"]);
    });
}
