use crate::{CloseReason, EncodedEvent};

/// The events that the layer sends last when it ends a stream, by reason.
///
/// A stream that a client cannot resume must not end cleanly in the middle, because many clients
/// take that for the whole answer. So the layer breaks such a stream, unless the final event of the
/// reason is set: it says in the client's own protocol that the answer is incomplete, and the
/// stream then ends cleanly.
///
/// A `fetch` in WebKit does not notice a break: over HTTP/1.1 it takes the answer for whole, and
/// over HTTP/2 its read never ends. If browsers read your one-shot streams, set final events.
///
/// | client | a final event that it reports as an error |
/// |---|---|
/// | OpenAI | `Event::new(r#"{"error":{"message":"server is restarting"}}"#)` |
/// | Anthropic | an event named `error` with `{"type":"error","error":{"type":"overloaded_error","message":".."}}` |
/// | AI SDK | `Event::new(r#"{"type":"error","errorText":".."}"#)` |
/// | AG-UI | `Event::new(r#"{"type":"RUN_ERROR","message":".."}"#)` |
/// | MCP | `Event::new(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":".."}}"#)`, with the id of the request: set it in the handler |
///
/// An event is sent only between two events of the stream, and never into a compressed body. To
/// send several events, encode them as one [`EncodedEvent`].
///
/// ```
/// use tower_sse::{Event, FinalEvents};
///
/// let restarting = Event::new(r#"{"error":{"message":"server is restarting"}}"#);
/// let failed = Event::new(r#"{"error":{"message":"internal error"}}"#);
///
/// // One for all reasons, but another for a failure.
/// let events = FinalEvents::any(restarting).failure(failed);
/// # let _ = events;
/// ```
///
/// An event that is set in [`SseOptions`](crate::SseOptions) replaces the layer's event of the same
/// reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "events do nothing until a layer or a response has them"]
pub struct FinalEvents([Option<EncodedEvent>; REASONS]);

const REASONS: usize = 7;

impl FinalEvents {
    /// Creates an empty set: no reason has an event.
    pub const fn new() -> Self {
        Self([const { None }; REASONS])
    }

    /// Sets the same event for every reason.
    pub fn any(event: impl Into<EncodedEvent>) -> Self {
        let event = event.into();
        Self(std::array::from_fn(|_| Some(event.clone())))
    }

    /// Sets the event for a stream that a [`Shutdown`](crate::Shutdown) ends.
    pub fn shutdown(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::ShutDown, event.into())
    }

    /// Sets the event for a stream that reaches its [`Lifetime`](crate::Lifetime).
    pub fn lifetime(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::Lifetime, event.into())
    }

    /// Sets the event for a stream that reaches its
    /// [`deadline`](crate::SseOptions::deadline).
    pub fn deadline(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::Deadline, event.into())
    }

    /// Sets the event for a subscriber of a `Channel` whose next event was evicted (`LagPolicy::disconnect`).
    pub fn lag(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::Lagged, event.into())
    }

    /// Sets the event for a stream that [`OpenStreams::revoke`](crate::OpenStreams::revoke) ends.
    /// A [`RevokePolicy`](crate::RevokePolicy) may have another.
    pub fn revocation(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::Revoked, event.into())
    }

    /// Sets the event for a stream that a newer one evicts
    /// ([`LimitPolicy::evict_oldest`](crate::LimitPolicy::evict_oldest)).
    pub fn eviction(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::Evicted, event.into())
    }

    /// Sets the event for a body that fails or panics. If an [`EventStream`](crate::EventStream)
    /// has an [`error_event`](crate::EventStream::error_event), it sends that event instead.
    pub fn failure(self, event: impl Into<EncodedEvent>) -> Self {
        self.set(CloseReason::Failed, event.into())
    }

    /// Returns the event for a reason, if one is set.
    pub(crate) fn get(&self, reason: CloseReason) -> Option<&EncodedEvent> {
        self.0[index(reason)?].as_ref()
    }

    /// Takes from an outer set the events that are unset here.
    pub(crate) fn fill(&mut self, other: &Self) {
        for (here, there) in self.0.iter_mut().zip(&other.0) {
            if here.is_none() {
                here.clone_from(there);
            }
        }
    }

    fn set(mut self, reason: CloseReason, event: EncodedEvent) -> Self {
        if let Some(index) = index(reason) {
            self.0[index] = Some(event);
        }
        self
    }
}

/// Returns the index of a reason. `None` for the reasons for which a stream ends without the layer.
fn index(reason: CloseReason) -> Option<usize> {
    match reason {
        CloseReason::ShutDown => Some(0),
        CloseReason::Lifetime => Some(1),
        CloseReason::Deadline => Some(2),
        CloseReason::Lagged => Some(3),
        CloseReason::Revoked => Some(4),
        CloseReason::Evicted => Some(5),
        CloseReason::Failed => Some(6),
        CloseReason::Completed | CloseReason::ClientGone | CloseReason::Stalled => None,
    }
}
