use super::final_events::Finals;

/// The options that a handler or a layer sets for streams. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The interval; `Some(None)` turns heartbeats off.
    pub(crate) heartbeat: Option<Option<u64>>,
    pub(crate) lifetime: Option<u64>,
    pub(crate) preamble: Option<bool>,
    pub(crate) on_shutdown: ShutdownOptions,
    pub(crate) finals: Finals,
    pub(crate) final_retry: Option<bool>,
    pub(crate) boundary_timeout: Option<u64>,
    /// The options that only a handler can set.
    pub(crate) handler_only: HandlerOnly,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HandlerOnly {
    pub(crate) deadline: Option<u64>,
    pub(crate) resumable: Option<bool>,
}

/// How a stream ends at a shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShutdownOptions {
    /// The time that it gets; `Some(None)` lets it run to its own end. If it is not set, the kind of the
    /// stream decides.
    pub(crate) grace: Option<Option<u64>>,
    /// Whether its last event says when to reconnect.
    pub(crate) retry: Option<bool>,
}

impl ShutdownOptions {
    /// Returns how long a stream may run on: 20 seconds by default, if it cannot be resumed.
    pub(crate) fn grace(self, is_resumable: bool) -> Option<u64> {
        let by_kind = if is_resumable { 0 } else { 20_000 };
        self.grace.unwrap_or(Some(by_kind))
    }
}

impl Options {
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            heartbeat: self.heartbeat.or(other.heartbeat),
            lifetime: self.lifetime.or(other.lifetime),
            preamble: self.preamble.or(other.preamble),
            on_shutdown: ShutdownOptions {
                grace: self.on_shutdown.grace.or(other.on_shutdown.grace),
                retry: self.on_shutdown.retry.or(other.on_shutdown.retry),
            },
            finals: self.finals.or(other.finals),
            final_retry: self.final_retry.or(other.final_retry),
            boundary_timeout: self.boundary_timeout.or(other.boundary_timeout),
            handler_only: self.handler_only,
        }
    }
}
