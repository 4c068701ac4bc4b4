use super::finals::Finals;

/// What is set for streams, by a handler or by a layer. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opts {
    /// After how long, if ever.
    pub(crate) heartbeat: Option<Option<u64>>,
    pub(crate) lifetime: Option<u64>,
    pub(crate) preamble: Option<bool>,
    pub(crate) leave: Leave,
    pub(crate) finals: Finals,
    pub(crate) final_retry: Option<bool>,
    pub(crate) boundary_timeout: Option<u64>,
    /// What a handler alone can set.
    pub(crate) own: Own,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) deadline: Option<u64>,
    pub(crate) resumable: Option<bool>,
}

/// How a stream ends at a shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leave {
    /// After how long, if at all. Where it is not set, the kind of the stream decides.
    pub(crate) grace: Option<Option<u64>>,
    /// Whether it says when to come back.
    pub(crate) retry: Option<bool>,
}

impl Leave {
    /// Returns how long a stream may go on: 20 seconds by default, if it is one-shot.
    pub(crate) fn grace(self, is_resumable: bool) -> Option<u64> {
        let by_kind = if is_resumable { 0 } else { 20_000 };
        self.grace.unwrap_or(Some(by_kind))
    }
}

impl Opts {
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            heartbeat: self.heartbeat.or(other.heartbeat),
            lifetime: self.lifetime.or(other.lifetime),
            preamble: self.preamble.or(other.preamble),
            leave: Leave {
                grace: self.leave.grace.or(other.leave.grace),
                retry: self.leave.retry.or(other.leave.retry),
            },
            finals: self.finals.or(other.finals),
            final_retry: self.final_retry.or(other.final_retry),
            boundary_timeout: self.boundary_timeout.or(other.boundary_timeout),
            own: self.own,
        }
    }
}
