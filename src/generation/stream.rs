//! The events of a generation for one listener.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::Stream;

use super::{GenerationError, listening::Listening, shared::GenerationShared};
use crate::{EncodedEvent, Subscription, stream::scope};

/// A stream of the events of a [`Generation`](super::Generation) or a
/// [`StoredGeneration`](super::StoredGeneration), for one client.
///
/// Put it into an [`EventStream`](crate::EventStream). It counts as a listener until it is dropped
/// ([`AbandonPolicy`](super::AbandonPolicy)).
///
/// It ends after the last event of the generation. It fails with
/// [`GenerationError::Ended`] if the generation ended early and has no last events, because a client takes a clean
/// end for the end of the answer; and with [`GenerationError::Evicted`] if its next event was evicted.
///
/// For [`SseLayer`](crate::SseLayer) it is one-shot: at a shutdown it gets the grace time of one-shot streams
/// ([`ShutdownPolicy`](crate::ShutdownPolicy)), and is not cut cleanly in the middle. There are no checkpoints and
/// no other notices in it.
#[must_use = "a stream does nothing until it is polled"]
pub struct GenerationStream {
    events: Events,
    /// Whether the `EventStream` around it knows that it is one-shot.
    has_reported: bool,
    has_ended: bool,
}

enum Events {
    Memory(Listening),
    Stored(Pin<Box<dyn Stream<Item = Result<EncodedEvent, GenerationError>> + Send>>),
}

impl GenerationStream {
    pub(super) fn new(generation: &Arc<GenerationShared>, subscription: Subscription) -> Self {
        Self::of(Events::Memory(Listening::new(generation, subscription)))
    }

    pub(super) fn stored(
        events: impl Stream<Item = Result<EncodedEvent, GenerationError>> + Send + 'static,
    ) -> Self {
        Self::of(Events::Stored(Box::pin(events)))
    }

    fn of(events: Events) -> Self {
        Self {
            events,
            has_reported: false,
            has_ended: false,
        }
    }

    fn report(&mut self) {
        if !self.has_reported && scope::audience().is_some() {
            self.has_reported = true;
            scope::report(|reports| reports.is_one_shot = true);
        }
    }
}

impl Stream for GenerationStream {
    type Item = Result<EncodedEvent, GenerationError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.report();
        if this.has_ended {
            return Poll::Ready(None);
        }
        let polled = match &mut this.events {
            Events::Memory(events) => Pin::new(events).poll_next(cx),
            Events::Stored(events) => events.as_mut().poll_next(cx),
        };
        polled.map(|item| {
            this.has_ended = !matches!(item, Some(Ok(_)));
            item.map(|event| event.map(EncodedEvent::into_one_shot))
        })
    }
}

impl fmt::Debug for GenerationStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerationStream").finish_non_exhaustive()
    }
}
