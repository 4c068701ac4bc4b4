//! The events of a generation for one listener.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::Stream;

use super::{GenerationError, listeners::Listener, shared::GenerationShared};
use crate::{CloseReason, EncodedEvent, Subscription, stream::scope};

/// A stream of the events of a [`Generation`](super::Generation), for one client.
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
    subscription: Subscription,
    generation: Arc<GenerationShared>,
    _listener: Listener,
    /// Whether the `EventStream` around it knows that it is one-shot.
    has_reported: bool,
    has_failed: bool,
}

impl GenerationStream {
    pub(super) fn new(generation: &Arc<GenerationShared>, subscription: Subscription) -> Self {
        Self {
            // An end that the subscription reports to the `EventStream` would be a clean one.
            subscription: subscription.detached(),
            generation: Arc::clone(generation),
            _listener: Listener::new(&generation.listeners),
            has_reported: false,
            has_failed: false,
        }
    }

    fn report(&mut self) {
        if !self.has_reported && scope::audience().is_some() {
            self.has_reported = true;
            scope::report(|reports| reports.is_one_shot = true);
        }
    }

    /// Returns why the stream must not end cleanly, though it has no more events.
    fn failure(&self) -> Option<GenerationError> {
        if self.subscription.close_reason() == Some(CloseReason::Lagged) {
            return Some(GenerationError::Evicted);
        }
        let ended = self.generation.ended()?;
        (!ended.is_told).then_some(GenerationError::Ended(ended.end))
    }
}

impl Stream for GenerationStream {
    type Item = Result<EncodedEvent, GenerationError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.report();
        if this.has_failed {
            return Poll::Ready(None);
        }
        if let Some(event) = ready!(Pin::new(&mut this.subscription).poll_next(cx)) {
            return Poll::Ready(Some(Ok(EncodedEvent::from(event).into_one_shot())));
        }
        let failure = this.failure();
        this.has_failed = failure.is_some();
        Poll::Ready(failure.map(Err))
    }
}

impl fmt::Debug for GenerationStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerationStream").finish_non_exhaustive()
    }
}
