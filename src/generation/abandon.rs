//! What happens to a generation that nobody listens to.

use std::time::Duration;

/// The policy for a generation without a listener.
///
/// The time runs while no [`GenerationStream`](super::GenerationStream) of the generation is open, from its
/// start on. The default is one minute: a phone that changes its network is back by then, and a reader who has
/// closed the page costs one minute of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until the options have it"]
pub struct AbandonPolicy(Option<Duration>);

impl AbandonPolicy {
    /// Ends the generation as [`Abandoned`](super::GenerationEnd::Abandoned) after this time without a listener.
    pub const fn after(time: Duration) -> Self {
        Self(Some(time))
    }

    /// Lets the generation go on without a listener, for an answer that is stored or read later.
    pub const fn never() -> Self {
        Self(None)
    }

    pub(super) fn time(self) -> Option<Duration> {
        self.0
    }
}

impl Default for AbandonPolicy {
    fn default() -> Self {
        Self::after(Duration::from_secs(60))
    }
}
