use futures::FutureExt;
use tokio::{task::yield_now, time::timeout};
use tower_sse::{Channel, EventStream};

use crate::support::*;

#[test]
fn subscribers_are_counted_from_the_first_call_on() {
    let channel = channel();
    assert_eq!(channel.subscriber_count(), 0);
    let id = publish(&channel, "one");
    let subscribers = [
        channel.subscribe(),
        channel.replay(),
        channel.resume(None),
        resume(&channel, id),
        resume(&channel, "zzzzzz-1"),
        channel.subscribe().start_with(tower_sse::Event::new("")),
    ];
    assert_eq!(channel.subscriber_count(), 6);
    assert_eq!(channel.clone().subscriber_count(), 6);
    drop(subscribers);
    assert_eq!(channel.subscriber_count(), 0);
}

#[test]
fn subscribers_are_counted_until_they_end() {
    let channel = channel();
    let [mut one, two] = [channel.subscribe(), channel.subscribe()];
    publish(&channel, "one");
    channel.close();
    assert_eq!(
        channel.subscriber_count(),
        2,
        "there is something left to read"
    );
    assert_eq!(texts(&mut one), ["one"]);
    assert!(is_ended(&mut one));
    assert_eq!(channel.subscriber_count(), 1);
    drop(one);
    assert_eq!(channel.subscriber_count(), 1, "each is counted once");
    drop(two);
    assert_eq!(channel.subscriber_count(), 0);
}

#[test]
fn subscribers_are_counted_while_their_body_is_there() {
    let channel = channel();
    let body = EventStream::new(channel.subscribe()).into_boxed();
    assert_eq!(channel.subscriber_count(), 1);
    drop(body);
    assert_eq!(channel.subscriber_count(), 0);
}

#[test]
fn a_task_that_waits_for_a_subscriber_is_woken_by_the_first() {
    let channel = channel();
    let mut subscribed = Box::pin(channel.wait_for_subscriber());
    let mut idle = Box::pin(channel.wait_until_idle());
    assert_eq!(idle.as_mut().now_or_never(), Some(()));
    assert_eq!(subscribed.as_mut().now_or_never(), None);
    let one = channel.subscribe();
    assert_eq!(subscribed.as_mut().now_or_never(), Some(true));
    let two = channel.subscribe();

    let mut idle = Box::pin(channel.wait_until_idle());
    assert_eq!(channel.wait_for_subscriber().now_or_never(), Some(true));
    drop(one);
    assert_eq!(idle.as_mut().now_or_never(), None);
    drop(two);
    assert_eq!(idle.as_mut().now_or_never(), Some(()));
}

#[tokio::test(start_paused = true)]
async fn tasks_that_wait_for_subscribers_are_woken() {
    let channel = channel();
    let waits = tokio::spawn(timeout(SECOND, channel.wait_for_subscriber()));
    yield_now().await;
    let subscriber = channel.subscribe();
    assert!(waits.await.unwrap().is_ok());
    let waits = tokio::spawn(timeout(SECOND, channel.wait_until_idle()));
    yield_now().await;
    drop(subscriber);
    assert!(waits.await.unwrap().is_ok());
}

#[test]
fn a_task_that_waits_for_a_subscriber_does_not_see_one_that_has_left_since() {
    let channel = channel();
    let mut subscribed = Box::pin(channel.wait_for_subscriber());
    assert_eq!(subscribed.as_mut().now_or_never(), None);
    drop(channel.subscribe());
    assert_eq!(subscribed.as_mut().now_or_never(), None);
    let _subscriber = channel.subscribe();
    assert_eq!(subscribed.as_mut().now_or_never(), Some(true));
}

#[test]
fn a_task_that_waits_for_subscribers_does_not_keep_the_channel() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    let idle = channel.wait_until_idle();
    drop(channel);
    assert!(is_ended(&mut subscriber));
    assert_eq!(idle.now_or_never(), Some(()));
}

#[test]
fn a_lag_or_an_end_makes_idle() {
    let channel = Channel::new(holding(1));
    let mut subscriber = channel.subscribe();
    let mut idle = Box::pin(channel.wait_until_idle());
    assert_eq!(idle.as_mut().now_or_never(), None);
    publish_numbers(&channel, 1..=2);
    assert!(has_lagged(&mut subscriber));
    assert_eq!(idle.as_mut().now_or_never(), Some(()));
}

#[test]
fn a_task_that_waits_for_a_subscriber_is_woken_by_the_close() {
    let channel = channel();
    let mut subscribed = Box::pin(channel.wait_for_subscriber());
    assert_eq!((&mut subscribed).now_or_never(), None);
    channel.close();
    assert_eq!(subscribed.now_or_never(), Some(false));
}
