use std::{
    num::NonZeroUsize,
    pin::Pin,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use hyper::rt::{Sleep, Timer};
use loom::{
    future::block_on,
    thread::{self, JoinHandle},
};

use crate::{
    Channel, ChannelEvent, ChannelOptions, EventId, Hub, HubOptions, LastEventId, NoticePolicy,
    Subscription,
};

/// Makes options for a channel that retains this many events.
pub(crate) fn holding(events: usize) -> ChannelOptions {
    ChannelOptions::with_timer(Clock::default())
        .max_events(NonZeroUsize::new(events).unwrap())
        .notice_policy(NoticePolicy::event())
}

/// Makes a hub of at most this many channels. It removes an idle channel at the next look at it, because
/// all of its events are too old by then.
pub(crate) fn hub(most: usize) -> Hub {
    let options = HubOptions::with_timer(Clock::default())
        .channel_options(holding(10).max_age(Duration::from_millis(1)))
        .max_channels(NonZeroUsize::new(most).unwrap())
        .linger(Duration::from_millis(1));
    Hub::new(options)
}

/// Makes a hub whose channels retain all of their events.
pub(crate) fn retaining() -> Hub {
    Hub::new(HubOptions::with_timer(Clock::default()).channel_options(holding(10)))
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

/// Waits for the next event. If nothing wakes the task, loom reports a deadlock.
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

/// Polls for an event by a task that does not wait for it.
pub(crate) fn look(subscription: &mut Subscription) -> Poll<Option<ChannelEvent>> {
    let mut cx = Context::from_waker(Waker::noop());
    subscription.poll_next_unpin(&mut cx)
}

/// Returns number and data of an event that was published (a notice has a name), and checks that its
/// id is the one that is sent.
#[track_caller]
pub(crate) fn published(event: &ChannelEvent) -> Option<(u64, String)> {
    let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
    let (data, sent) = text.strip_prefix("data: ")?.split_once("\nid: ").unwrap();
    let sent = sent.strip_suffix("\n\n").unwrap();
    assert_eq!(event.id().unwrap(), sent);
    Some((number(sent), data.to_owned()))
}

/// Returns the text that is sent before the id, and the id.
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

/// A clock on which a second passes whenever it is read. That is no step of the model, so its counter
/// is std's.
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
