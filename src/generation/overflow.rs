//! What happens when a generation reaches its bound.

/// The policy for a generation with more events than
/// [`GenerationOptions::max_bytes`](super::GenerationOptions::max_bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a policy does nothing until the options have it"]
pub struct OverflowPolicy(OverflowAction);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OverflowAction {
    #[default]
    End,
    Evict,
}

impl OverflowPolicy {
    /// Ends the generation as [`TooLarge`](super::GenerationEnd::TooLarge), before the event that does not fit.
    /// This is the default: what was sent remains whole, and clients can attach from the start.
    pub const fn end() -> Self {
        Self(OverflowAction::End)
    }

    /// Evicts the oldest events, and goes on.
    ///
    /// A client that needs one of them can no longer attach, and the stream of a listener that is so slow
    /// that its next event was evicted fails, both with
    /// [`GenerationError::Evicted`](super::GenerationError::Evicted).
    pub const fn evict() -> Self {
        Self(OverflowAction::Evict)
    }

    pub(super) fn evicts(self) -> bool {
        self.0 == OverflowAction::Evict
    }
}
