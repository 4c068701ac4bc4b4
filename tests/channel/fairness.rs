//! A subscription that always has an event leaves time to others.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use futures::{Stream, StreamExt, future::ready, stream};
use http_body::Body;
use tower_sse::{Channel, ChannelEvent, ChannelOptions, EventStream, Subscription};

use crate::{clock::Clock, support::*, task::Task};

#[test]
fn a_slow_filter_holds_its_thread_for_some_milliseconds_alone() {
    let clock = Clock::new();
    let channel = Channel::new(ChannelOptions::with_timer(clock.clone()));
    publish_numbers(&channel, 1..=1000);
    let seen = Arc::new(AtomicUsize::new(0));
    let (task, count) = (Task::default(), Arc::clone(&seen));
    let filtered = channel.replay().filter(move |_| {
        // Half a millisecond for each.
        if count.fetch_add(1, Relaxed) % 2 == 0 {
            clock.advance(1);
        }
        ready(false)
    });
    let mut body = EventStream::new(filtered);
    let mut polls = 0;
    while seen.load(Relaxed) < 1000 {
        let before = seen.load(Relaxed);
        let waker = task.waker();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
        let looked_at = seen.load(Relaxed) - before;
        assert!(
            looked_at <= 32,
            "{looked_at} events, half a millisecond each"
        );
        let is_woken = task.wakes() > 0;
        assert!(
            is_woken || seen.load(Relaxed) == 1000,
            "it goes on by itself"
        );
        polls += 1;
    }
    assert!(polls >= 1000 / 4);
}

/// Each would break by itself while another is still ready.
#[test]
fn merged_subscriptions_have_their_break_together() {
    let clock = Clock::new();
    let channel = Channel::new(ChannelOptions::with_timer(clock.clone()));
    publish_numbers(&channel, 1..=1000);
    let [a, b, c] = [(); 3].map(|()| channel.replay());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let merged = stream::select(stream::select(a, b), c).filter(move |_| {
        count.fetch_add(1, Relaxed);
        clock.advance(1);
        ready(false)
    });
    let mut body = EventStream::new(merged);
    let task = Task::default();
    for _ in 0..100 {
        let before = seen.load(Relaxed);
        let waker = task.waker();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
        assert!(seen.load(Relaxed) - before <= 4, "a millisecond each");
        assert!(task.wakes() > 0, "it goes on by itself");
    }
}

/// Polls all of them in their order, as a combinator does that keeps no record of wake-ups.
struct InOrder(Vec<Subscription>);

impl Stream for InOrder {
    type Item = ChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ChannelEvent>> {
        let mut polled = self.0.iter_mut().map(|stream| stream.poll_next_unpin(cx));
        polled.find(Poll::is_ready).unwrap_or(Poll::Pending)
    }
}

#[test]
fn any_number_of_idle_subscriptions_sleeps_and_the_last_of_them_gets_its_event() {
    let (quiet, busy) = (channel(), channel());
    let mut subscriptions: Vec<_> = (0..1100).map(|_| quiet.subscribe()).collect();
    subscriptions.push(busy.subscribe());
    let mut body = EventStream::new(InOrder(subscriptions));
    let task = Task::default();
    let mut poll = || {
        let waker = task.waker();
        Pin::new(&mut body).poll_frame(&mut Context::from_waker(&waker))
    };
    assert!(poll().is_pending());
    assert_eq!(task.wakes(), 0);
    publish(&busy, "one");
    assert_eq!(task.wakes(), 1);
    assert!(poll().is_ready());
}

#[test]
fn a_fast_reader_is_seldom_interrupted() {
    let channel = Channel::new(ChannelOptions::with_timer(Clock::new()));
    publish_numbers(&channel, 1..=1000);
    let mut subscription = channel.replay();
    for _ in 0..1000 {
        let _ = next(&mut subscription);
    }
}

/// One task reads what another publishes, and would go on for ever. A third one is to have its turn.
#[test]
fn a_loop_over_a_subscription_does_not_starve_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let channel = channel();
        publish(&channel, "0");
        let mut subscription = channel.replay();
        let publisher = channel.clone();
        let reading = tokio::spawn(async move {
            // Whenever it has read an event, there is another.
            while subscription.next().await.is_some() {
                publish(&publisher, "more");
            }
        });
        let mut turns = 0;
        poll_fn(|cx| {
            turns += 1;
            cx.waker().wake_by_ref();
            if turns < 100 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        reading.abort();
    });
}
