use tower_sse::CloseReason;

use crate::any::commands::Revocation;

/// An order to end a stream, by a limit or by a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOrder {
    Evict,
    Revoke(Revocation),
}

impl EndOrder {
    pub(crate) fn reason(self) -> CloseReason {
        match self {
            Self::Evict => CloseReason::Evicted,
            Self::Revoke(_) => CloseReason::Revoked,
        }
    }

    /// Returns the event that replaces the stream's own final event.
    pub(crate) fn final_event(self) -> Option<String> {
        match self {
            Self::Revoke(Revocation {
                has_final_event: true,
                ..
            }) => Some("event: last\ndata: revoked\n\n".to_owned()),
            _ => None,
        }
    }

    /// Returns the event that stops a client from reconnecting.
    pub(crate) fn stop_event(self) -> Option<String> {
        let name = match self {
            Self::Evict => "tower-sse.evicted",
            Self::Revoke(Revocation { stops: true, .. }) => "tower-sse.revoked",
            Self::Revoke(_) => return None,
        };
        // The longest that every browser takes: 2^31 - 1 milliseconds.
        Some(format!(
            "event: {name}\nid: {name}\nretry: 2147483647\ndata: \n\n"
        ))
    }
}
