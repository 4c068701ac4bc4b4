use std::fmt;

use super::info::Labels;

/// The reason for which a stream was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// A [`Shutdown`](crate::Shutdown) has begun.
    ShutDown,
    /// As many streams are open as [`SseLayer::max_streams`](crate::SseLayer::max_streams) allows.
    TooMany,
    /// As many streams of the same key are open as
    /// [`SseLayer::max_streams_per`](crate::SseLayer::max_streams_per) allows.
    TooManyOfKey,
}

impl RejectReason {
    /// Returns the reason as a label: `shut_down`, `too_many` or `too_many_of_key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShutDown => "shut_down",
            Self::TooMany => "too_many",
            Self::TooManyOfKey => "too_many_of_key",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stream that was rejected, as [`SseLayer::on_reject`](crate::SseLayer::on_reject) reports it.
/// It has never been open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedStream {
    /// The reason.
    pub reason: RejectReason,
    /// The labels of the layer. Those of a handler come with its response, and are not here.
    pub labels: Labels,
    /// The tags of the layer.
    pub tags: Labels,
}

/// Writes the reason and the labels: `too_many, path=/events,model=toy`.
impl fmt::Display for RejectedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        if !self.labels.is_empty() {
            write!(f, ", {}", self.labels)?;
        }
        Ok(())
    }
}
