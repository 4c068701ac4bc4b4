use std::{
    iter,
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::Stream;
use http_body::Body;
use hyper_util::rt::TokioTimer;
use tower_sse::{
    Channel, ChannelEvent, ChannelOptions, CloseReason, Event, EventId, EventStream, LastEventId,
    NoticePolicy, Subscription,
};

pub(crate) use crate::decode::Seen;
use crate::{decode::Client, task::Task};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn options() -> ChannelOptions {
    ChannelOptions::with_timer(TokioTimer::new()).notice_policy(NoticePolicy::event())
}

/// Options that hold so many events.
pub(crate) fn holding(events: usize) -> ChannelOptions {
    options().max_events(NonZeroUsize::new(events).unwrap())
}

pub(crate) fn channel() -> Channel {
    Channel::new(options())
}

pub(crate) fn publish(channel: &Channel, text: &'static str) -> EventId {
    channel.publish(Event::new(text)).unwrap()
}

/// Publishes an event for each number, whose data it is. Returns their ids.
pub(crate) fn publish_numbers(
    channel: &Channel,
    numbers: impl IntoIterator<Item = u64>,
) -> Vec<EventId> {
    let publish = |number: u64| channel.publish(Event::new(number.to_string())).unwrap();
    numbers.into_iter().map(publish).collect()
}

/// What a client sends that has seen this.
pub(crate) fn last(id: impl AsRef<str>) -> LastEventId {
    LastEventId::new(EventId::try_from(id.as_ref()).unwrap()).unwrap()
}

/// Resumes as a client does that has seen this.
pub(crate) fn resume(channel: &Channel, id: impl AsRef<str>) -> Subscription {
    channel.resume(Some(&last(id)))
}

/// Returns what an id is made of.
pub(crate) fn parts(id: &EventId) -> (&str, u64) {
    let (epoch, number) = id.as_str().split_once(['-', '.']).unwrap();
    (epoch, number.parse().unwrap())
}

/// Makes another id of the same channel.
pub(crate) fn sibling(id: &EventId, number: u64) -> String {
    format!("{}-{number}", parts(id).0)
}

/// Reads all that is ready.
pub(crate) fn wire(subscription: &mut Subscription) -> String {
    let mut body = EventStream::new(subscription);
    let (task, mut bytes) = (Task::default(), Vec::new());
    loop {
        match Pin::new(&mut body).poll_frame(&mut Context::from_waker(&task.waker())) {
            Poll::Ready(Some(frame)) => bytes.extend(frame.unwrap().into_data().unwrap()),
            Poll::Ready(None) => break,
            // A subscription that yields wakes its task.
            Poll::Pending if task.wakes() > 0 => {}
            Poll::Pending => break,
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Reads all that is ready, as a client does.
pub(crate) fn seen(subscription: &mut Subscription) -> Vec<Seen> {
    Client::default().read(wire(subscription).as_bytes())
}

/// Reads the data of all that is ready.
pub(crate) fn texts(subscription: &mut Subscription) -> Vec<String> {
    let seen = seen(subscription).into_iter();
    seen.map(|[_, data, _]| data).collect()
}

pub(crate) fn poll(subscription: &mut Subscription) -> Poll<Option<ChannelEvent>> {
    Pin::new(subscription).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Returns the next event, which is ready.
pub(crate) fn next(subscription: &mut Subscription) -> ChannelEvent {
    // On a busy machine a subscription may take breaks.
    let mut polls = iter::repeat_with(|| poll(subscription)).take(100);
    match polls.find(Poll::is_ready) {
        Some(Poll::Ready(Some(event))) => event,
        other => panic!("there is no event: {other:?}"),
    }
}

pub(crate) fn is_waiting(subscription: &mut Subscription) -> bool {
    poll(subscription).is_pending()
}

/// Returns `true` if the subscription ends because it has lagged.
pub(crate) fn has_lagged(subscription: &mut Subscription) -> bool {
    is_ended(subscription) && subscription.close_reason() == Some(CloseReason::Lagged)
}

pub(crate) fn is_ended(subscription: &mut Subscription) -> bool {
    matches!(poll(subscription), Poll::Ready(None))
}

/// What a client sees of an event.
pub(crate) fn named(name: &str, data: impl AsRef<str>, id: impl AsRef<str>) -> Seen {
    [name, data.as_ref(), id.as_ref()].map(str::to_owned)
}

/// What a client sees of an event without a name.
pub(crate) fn event(data: impl AsRef<str>, id: impl AsRef<str>) -> Seen {
    named("message", data, id)
}
