use std::time::Duration;

/// How often a [`FaultyStore`](super::FaultyStore) fails, each in a thousand calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FaultRates {
    /// Calls that fail before they do anything.
    pub(crate) unavailable: usize,
    /// Appends that are stored, and whose answer is lost.
    pub(crate) lost_replies: usize,
    /// Appends that are stored some calls later, after their caller got an unknown outcome.
    pub(crate) late: usize,
    /// Records after which a tail breaks.
    pub(crate) broken_tails: usize,
    /// Appends after which the state is copied to the disk: a crash loses what comes later.
    pub(crate) saves: usize,
    /// The maximum delay before and after each call, and before each record of a tail.
    pub(crate) delay: Duration,
}
