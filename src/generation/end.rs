//! Why a generation ended.

use std::fmt;

/// The reason for which a generation has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GenerationEnd {
    /// The user's stream has ended.
    Completed,
    /// [`Generation::stop`](super::Generation::stop) was called.
    Stopped,
    /// Nobody has listened for the time of the [`AbandonPolicy`](super::AbandonPolicy).
    Abandoned,
    /// The events have more bytes than [`OverflowPolicy::end`](super::OverflowPolicy::end) allows, or one event
    /// alone has.
    TooLarge,
    /// The user's stream has yielded an error or panicked, an event could not be encoded or stored, or the future
    /// that drives the generation was dropped, with its node or alone.
    Failed,
}

impl GenerationEnd {
    /// Returns the reason that has this label.
    pub(super) fn from_label(label: &str) -> Option<Self> {
        let ends = [
            Self::Completed,
            Self::Stopped,
            Self::Abandoned,
            Self::TooLarge,
            Self::Failed,
        ];
        ends.into_iter().find(|end| end.as_str() == label)
    }

    /// Returns the reason as a label for logs and metrics, such as `completed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Abandoned => "abandoned",
            Self::TooLarge => "too_large",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for GenerationEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
