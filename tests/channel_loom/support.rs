use std::{
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};
// Time is no step.
use real::sync::atomic::{AtomicU32, Ordering::Relaxed};

use futures_util::StreamExt;
use hyper::rt::{Sleep, Timer};
use loom::{
    future::block_on,
    thread::{self, JoinHandle},
};

use crate::{
    Channel, ChannelEvent, ChannelOptions, EventId, LastEventId, NoticePolicy, Subscription,
};

/// Runs a test in every order of its threads' steps with so many changes of thread where none had
/// to wait.
pub(crate) fn in_every_order(most: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(most);
    builder.check(test);
}

/// Makes options for a channel that holds so many events.
pub(crate) fn holding(events: usize) -> ChannelOptions {
    ChannelOptions::with_timer(Clock::default())
        .max_events(NonZeroUsize::new(events).unwrap())
        .notice_policy(NoticePolicy::event())
}

pub(crate) fn channel() -> Channel<str> {
    Channel::new(holding(10))
}

pub(crate) fn resume(channel: &Channel<str>, id: EventId) -> Subscription {
    channel.resume(LastEventId::new(id).as_ref())
}

/// Publishes texts one after the other, on a thread of its own, which holds nothing else of the
/// channel. Returns the numbers that they got.
pub(crate) fn publish(
    channel: &Channel<str>,
    texts: &'static [&'static str],
) -> JoinHandle<Vec<u64>> {
    let channel = channel.clone();
    let publish = move |text: &&str| number(channel.publish(*text).unwrap().as_str());
    thread::spawn(move || texts.iter().map(publish).collect())
}

/// Waits for the next event; loom finds it where nobody wakes.
pub(crate) fn wait(subscription: &mut Subscription) -> Option<ChannelEvent> {
    block_on(subscription.next())
}

/// Waits for the next event that was published.
pub(crate) fn next(subscription: &mut Subscription) -> (u64, String) {
    published(&wait(subscription).unwrap()).unwrap()
}

/// Waits for all events until the end.
pub(crate) fn rest(mut subscription: Subscription) -> Vec<ChannelEvent> {
    let mut events = Vec::new();
    while let Some(event) = wait(&mut subscription) {
        events.push(event);
    }
    events
}

/// Looks for an event as a task does that is not the one to wait.
pub(crate) fn look(subscription: &mut Subscription) -> Poll<Option<ChannelEvent>> {
    let mut cx = Context::from_waker(Waker::noop());
    subscription.poll_next_unpin(&mut cx)
}

/// Returns number and data of an event, if it was published, which has no name, and checks that its id
/// is the one that is sent.
#[track_caller]
pub(crate) fn published(event: &ChannelEvent) -> Option<(u64, String)> {
    let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
    let (data, sent) = text.strip_prefix("data: ")?.split_once("\nid: ").unwrap();
    let sent = sent.strip_suffix("\n\n").unwrap();
    assert_eq!(event.id().unwrap(), sent);
    Some((number(sent), data.to_owned()))
}

/// Returns what goes over the wire before the id, and the id.
#[track_caller]
pub(crate) fn text(event: &ChannelEvent) -> (String, String) {
    let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
    let (text, id) = text
        .strip_suffix("\n\n")
        .unwrap()
        .rsplit_once("\nid: ")
        .unwrap();
    (text.to_owned(), id.to_owned())
}

pub(crate) fn number(id: &str) -> u64 {
    id.split_once('-').unwrap().1.parse().unwrap()
}

/// Whenever it is asked, a second has passed.
struct Clock {
    start: Instant,
    seconds: AtomicU32,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            seconds: AtomicU32::new(0),
        }
    }
}

impl Timer for Clock {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        unreachable!("nobody sleeps here")
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        unreachable!("nobody sleeps here")
    }

    fn now(&self) -> Instant {
        let seconds = self.seconds.fetch_add(1, Relaxed);
        self.start + Duration::from_secs(1) * seconds
    }
}
