//! How the channels of a case are configured.

/// How many channels there are.
pub(crate) const CHANNELS: usize = 2;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) max_events: usize,
    pub(crate) max_bytes: usize,
    /// In milliseconds.
    pub(crate) max_age: Option<u64>,
    pub(crate) lag_policy: LagPolicy,
    pub(crate) gap_policy: GapPolicy,
    pub(crate) notice_policy: NoticePolicy,
    /// Whether it is the channel of a `StateChannel`.
    pub(crate) has_state: bool,
}

/// The lag policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LagPolicy {
    Disconnect,
    Notify,
    Newest,
}

/// The gap policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GapPolicy {
    Notify,
    Live,
}

/// The notice policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticePolicy {
    /// The clients of these tests send no `Accept`, so they get no notices.
    Auto,
    Event,
    Id,
    Silent,
}
