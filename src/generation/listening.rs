//! The events of a generation in memory, for one listener.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::Stream;

use super::{GenerationError, listeners::Listener, shared::GenerationShared};
use crate::{CloseReason, EncodedEvent, Subscription};

/// A listener, and its position in the events.
pub(super) struct Listening {
    subscription: Subscription,
    generation: Arc<GenerationShared>,
    _listener: Listener,
}

impl Listening {
    pub(super) fn new(generation: &Arc<GenerationShared>, subscription: Subscription) -> Self {
        Self {
            // An end that the subscription reports to the `EventStream` would be a clean one.
            subscription: subscription.detached(),
            generation: Arc::clone(generation),
            _listener: Listener::new(&generation.listeners),
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

impl Stream for Listening {
    type Item = Result<EncodedEvent, GenerationError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(
            match ready!(Pin::new(&mut self.subscription).poll_next(cx)) {
                Some(event) => Some(Ok(event.into())),
                None => self.failure().map(Err),
            },
        )
    }
}
