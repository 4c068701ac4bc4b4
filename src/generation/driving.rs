//! The user's stream, published event by event.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use futures_util::Stream;

use super::{GenerationEnd, events::poll_event, idle::IdleTime, shared::GenerationShared};
use crate::{EventItem, stream::PollBudget};

/// Publishes the events of the stream until it ends, or is to end. The stream is dropped then.
pub(super) async fn drive<S>(generation: &GenerationShared, stream: S) -> GenerationEnd
where
    S: Stream,
    S::Item: EventItem,
{
    let options = generation.options();
    let mut idle = IdleTime::new(options.abandon_policy, options.timer().clone());
    let mut stream = pin!(stream);
    poll_fn(|cx| {
        generation.listeners.register(cx.waker());
        if generation.is_stopped() {
            return Poll::Ready(GenerationEnd::Stopped);
        }
        // Before the stream, which may always have more.
        if idle.poll_over(&generation.listeners, cx).is_ready() {
            return Poll::Ready(GenerationEnd::Abandoned);
        }
        publish_ready(generation, stream.as_mut(), cx)
    })
    .await
}

/// Publishes the events that are ready. Is ready if the generation ends.
fn publish_ready<S>(
    generation: &GenerationShared,
    mut stream: Pin<&mut S>,
    cx: &mut Context<'_>,
) -> Poll<GenerationEnd>
where
    S: Stream,
    S::Item: EventItem,
{
    let mut budget = PollBudget::FULL;
    while !budget.is_spent() {
        let published = match ready!(poll_event(stream.as_mut(), cx)) {
            Ok(event) => generation.publish(event),
            Err(end) => Err(end),
        };
        if let Err(end) = published {
            return Poll::Ready(end);
        }
        budget.spend(|| generation.options().timer().now());
    }
    // A stream that is always ready must not hold its thread, nor keep a stop from being seen.
    cx.waker().wake_by_ref();
    Poll::Pending
}
