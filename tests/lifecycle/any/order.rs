use tower_sse::CloseReason;

/// An order from outside to end a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Evict,
    Revoke(Revocation),
}

/// How streams are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    /// Whether an event says to clients not to come back.
    pub(crate) stops: bool,
    /// Whether it has a final event of its own.
    pub(crate) speaks: bool,
}

impl Order {
    pub(crate) fn reason(self) -> CloseReason {
        match self {
            Self::Evict => CloseReason::Evicted,
            Self::Revoke(_) => CloseReason::Revoked,
        }
    }

    /// Returns the event that takes the place of the stream's own final event.
    pub(crate) fn final_event(self) -> Option<String> {
        match self {
            Self::Revoke(Revocation { speaks: true, .. }) => {
                Some("event: last\ndata: revoked\n\n".to_owned())
            }
            _ => None,
        }
    }

    /// Returns the event that tells a client to stay away.
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
