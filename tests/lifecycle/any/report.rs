//! What callbacks report.

use std::time::Duration;

use tower_sse::{CloseReason, RejectReason, StreamSummary, WireEnd};

/// A layer: the inner one or the outer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Inner,
    Outer,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Inner, Self::Outer];
}

/// What a callback of a layer receives, and the request that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Opened(Side, usize),
    Closed(Side, usize, Summary),
    Rejected(Side, usize, RejectReason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) reason: CloseReason,
    pub(crate) wire: WireEnd,
    pub(crate) error: Option<String>,
    pub(crate) duration: Duration,
    pub(crate) events: Option<u64>,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) heartbeats: u64,
    pub(crate) drain: Option<Duration>,
}

impl From<&StreamSummary> for Summary {
    fn from(summary: &StreamSummary) -> Self {
        Self {
            reason: summary.reason,
            wire: summary.wire,
            error: summary.error.clone(),
            duration: summary.duration,
            events: summary.events,
            frames: summary.frames,
            bytes: summary.bytes,
            heartbeats: summary.heartbeats,
            drain: summary.drain,
        }
    }
}
