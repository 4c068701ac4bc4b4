use std::time::Duration;

use crate::Retry;

static DEFAULT: AtShutdown = AtShutdown::with(Grace::ByKind);

/// How long a one-shot stream may go on by default. Kubernetes kills a pod after 30 seconds.
const ONE_SHOT: Duration = Duration::from_secs(20);

/// How streams end when a [`Shutdown`](crate::Shutdown) begins.
///
/// By default a resumable stream ends at once: its client comes back, in 2 to 10 seconds, each in
/// its own time. A one-shot stream, such as the answer of a language model to a POST, goes on for up
/// to 20 seconds, for its client does not come back. What is set here holds for both kinds.
/// [`SseOptions::resumable`](crate::SseOptions::resumable) says which is which.
///
/// When the time of a one-shot stream is over, it gets the
/// [`FinalEvents::shutdown`](crate::FinalEvents::shutdown), or breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a layer or a response has it"]
pub struct AtShutdown {
    grace: Grace,
    retry: Option<Retry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grace {
    /// None for resumable streams, [`ONE_SHOT`] for others.
    ByKind,
    Time(Duration),
    Unlimited,
}

impl AtShutdown {
    /// Ends every stream at once.
    pub const fn end() -> Self {
        Self::end_after(Duration::ZERO)
    }

    /// Ends every stream after some time, if it has not ended by then.
    pub const fn end_after(grace: Duration) -> Self {
        Self::with(Grace::Time(grace))
    }

    /// Lets every stream come to its own end.
    pub const fn finish() -> Self {
        Self::with(Grace::Unlimited)
    }

    const fn with(grace: Grace) -> Self {
        Self { grace, retry: None }
    }

    /// Sets how long clients wait before they come back, also those that connect after the shutdown
    /// has begun and are refused. By default 2 to 10 seconds.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Takes from another what is unset here.
    pub(crate) fn fill(&mut self, other: &Self) {
        if self.grace == Grace::ByKind {
            self.grace = other.grace;
        }
        if self.retry.is_none() {
            self.retry.clone_from(&other.retry);
        }
    }

    /// Returns the default where there is none, without a copy for each stream.
    pub(crate) fn or_default(set: Option<&Self>) -> &Self {
        set.unwrap_or(&DEFAULT)
    }

    pub(crate) fn retry_or_default(&self) -> Retry {
        let spread = Retry::spread(Duration::from_secs(2)..=Duration::from_secs(10));
        self.retry.clone().unwrap_or(spread)
    }

    /// Returns how long a stream may yet go on. `None` sets no end.
    pub(crate) fn grace(&self, is_resumable: bool) -> Option<Duration> {
        match self.grace {
            Grace::ByKind if is_resumable => Some(Duration::ZERO),
            Grace::ByKind => Some(ONE_SHOT),
            Grace::Time(grace) => Some(grace),
            Grace::Unlimited => None,
        }
    }
}

/// Ends resumable streams at once, and others after up to 20 seconds.
impl Default for AtShutdown {
    fn default() -> Self {
        DEFAULT.clone()
    }
}
