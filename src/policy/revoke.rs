use crate::EncodedEvent;

/// A policy for streams that [`OpenStreams::revoke`](crate::OpenStreams::revoke) ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until streams are revoked by it"]
pub struct RevokePolicy {
    stops: bool,
    final_event: Option<EncodedEvent>,
}

impl RevokePolicy {
    /// Ends the streams and stops browsers from reconnecting: for a token that was revoked, or a
    /// user that was removed.
    ///
    /// A client whose GET or QUERY names `text/event-stream` in `Accept` gets a last event with the
    /// name and the id `tower-sse.revoked` and a `retry` of 24 days. If it reconnects with that id
    /// all the same, a layer with [`SseLayer::open_streams`](crate::SseLayer::open_streams) answers
    /// 204 No Content ([`stop_reconnecting`](crate::stop_reconnecting)), on every node. This 204 is
    /// not reported to [`on_reject`](crate::SseLayer::on_reject). It stops clients that follow the
    /// standard, and is no access control. A page that is reloaded has no id: reject its request in
    /// the handler.
    pub const fn stop_reconnecting() -> Self {
        Self {
            stops: true,
            final_event: None,
        }
    }

    /// Ends the streams and lets clients reconnect, for instance with new rights.
    pub const fn reconnect() -> Self {
        Self {
            stops: false,
            final_event: None,
        }
    }

    /// Sets the event that is sent last, in place of
    /// [`FinalEvents::revocation`](crate::FinalEvents::revocation).
    pub fn final_event(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.final_event = Some(event.into());
        self
    }

    pub(crate) fn stops(&self) -> bool {
        self.stops
    }

    pub(crate) fn event(&self) -> Option<&EncodedEvent> {
        self.final_event.as_ref()
    }
}
