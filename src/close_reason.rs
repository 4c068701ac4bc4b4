use std::fmt;

/// The reason for which a stream ended. Each stream ends for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The handler's stream ended by itself.
    Completed,
    /// The handler's stream failed or panicked.
    Failed,
    /// The body was dropped before its end: the client left, or the connection broke.
    ClientGone,
    /// The client read too slowly, and its connection was aborted (`SseLayer::stall_timeout`,
    /// feature `socket`).
    Stalled,
    /// A [`Shutdown`](crate::Shutdown) ended it.
    ShutDown,
    /// It reached its [`Lifetime`](crate::Lifetime).
    Lifetime,
    /// It reached the deadline that was set for it.
    Deadline,
    /// Its subscriber lagged: the next event was evicted from the `Channel` (feature `channel`).
    Lagged,
    /// [`OpenStreams::revoke`](crate::OpenStreams::revoke) ended it.
    Revoked,
    /// A newer stream evicted it ([`LimitPolicy::evict_oldest`](crate::LimitPolicy::evict_oldest)).
    Evicted,
}

impl CloseReason {
    /// Returns the reason as a label: `completed`, `failed`, `client_gone`, `stalled`,
    /// `shut_down`, `lifetime`, `deadline`, `lagged`, `revoked` or `evicted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::ClientGone => "client_gone",
            Self::Stalled => "stalled",
            Self::ShutDown => "shut_down",
            Self::Lifetime => "lifetime",
            Self::Deadline => "deadline",
            Self::Lagged => "lagged",
            Self::Revoked => "revoked",
            Self::Evicted => "evicted",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
