//! The events of the user's stream, encoded. A panic of the user's code is an error.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;

use super::GenerationEnd;
use crate::{BoxError, EncodedEvent, Event, EventItem};

/// Polls for the next event. An error ends the generation as failed.
pub(super) fn poll_event<S>(
    stream: Pin<&mut S>,
    cx: &mut Context<'_>,
) -> Poll<Result<EncodedEvent, GenerationEnd>>
where
    S: Stream,
    S::Item: EventItem,
{
    // A stream that has panicked is not polled again, so its state does not matter.
    let poll = AssertUnwindSafe(|| stream.poll_next(cx).map(|item| item.map(encode)));
    let Ok(polled) = catch_unwind(poll) else {
        return Poll::Ready(Err(GenerationEnd::Failed));
    };
    polled.map(|item| {
        let item = item.ok_or(GenerationEnd::Completed)?;
        item.map_err(|_| GenerationEnd::Failed)
    })
}

fn encode<I: EventItem>(item: I) -> Result<EncodedEvent, BoxError> {
    EncodedEvent::new(&item.into_result()?)
}

/// Asks the user for the last events. There are none if the closure panics.
pub(super) fn last_events<L>(last_events: &L, end: GenerationEnd) -> Vec<EncodedEvent>
where
    L: Fn(GenerationEnd) -> Vec<Event>,
{
    let events = catch_unwind(AssertUnwindSafe(|| last_events(end)));
    let events = events.unwrap_or_default().into_iter();
    events.map(EncodedEvent::from).collect()
}
