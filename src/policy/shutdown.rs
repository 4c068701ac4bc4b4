use std::time::Duration;

use crate::{RejectPolicy, Retry};

static DEFAULT: ShutdownPolicy = ShutdownPolicy::new();

/// The default grace of a one-shot stream. Kubernetes kills a pod after 30 seconds.
const ONE_SHOT: Duration = Duration::from_secs(20);

/// The default time until clients reconnect.
const RETRY: Retry = Retry::spread(Duration::from_secs(2)..=Duration::from_secs(10));

/// A policy for streams that are open, or requested, when a [`Shutdown`](crate::Shutdown) begins.
///
/// By default a resumable stream ends at once: its client reconnects after 2 to 10 seconds, drawn
/// for each client. A one-shot stream, such as the answer of a language model to a POST, goes on
/// for up to 20 seconds, because its client does not reconnect. [`immediate`](Self::immediate),
/// [`grace`](Self::grace) and [`drain`](Self::drain) apply to both kinds,
/// [`one_shot_grace`](Self::one_shot_grace) to one-shot streams alone. See
/// [`SseOptions::resumable`](crate::SseOptions::resumable) for the two kinds.
///
/// When the time of a one-shot stream is over, it gets the event of
/// [`FinalEvents::shutdown`](crate::FinalEvents::shutdown), or breaks.
///
/// ```
/// use std::time::Duration;
/// use tower_sse::{Retry, ShutdownPolicy};
///
/// // The usual times for both kinds, and a restart that takes a minute.
/// let minute = Duration::from_secs(60);
/// let policy = ShutdownPolicy::new().retry(Retry::spread(minute..=minute * 2));
/// # let _ = policy;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a layer or a response has it"]
pub struct ShutdownPolicy {
    grace: Grace,
    retry: Option<Retry>,
    reject: Option<RejectPolicy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grace {
    /// None for resumable streams, [`ONE_SHOT`] for others.
    ByKind,
    /// None for resumable streams, this for others.
    OneShot(Duration),
    Time(Duration),
    Unlimited,
}

impl ShutdownPolicy {
    /// Ends resumable streams at once, and one-shot streams after up to 20 seconds. This is the
    /// default.
    pub const fn new() -> Self {
        Self::with(Grace::ByKind)
    }

    /// Ends every stream at once.
    pub const fn immediate() -> Self {
        Self::grace(Duration::ZERO)
    }

    /// Ends every stream after this time, if it has not ended by then. The time counts from the
    /// trigger.
    pub const fn grace(grace: Duration) -> Self {
        Self::with(Grace::Time(grace))
    }

    /// Ends resumable streams at once, and one-shot streams after this time, if they have not ended
    /// by then. The default is 20 seconds.
    ///
    /// Set the [`Shutdown::deadline`](crate::Shutdown::deadline) of the server, and the time after
    /// which its supervisor kills it, to more than that.
    pub const fn one_shot_grace(grace: Duration) -> Self {
        Self::with(Grace::OneShot(grace))
    }

    /// Lets every stream end by itself.
    pub const fn drain() -> Self {
        Self::with(Grace::Unlimited)
    }

    const fn with(grace: Grace) -> Self {
        Self {
            grace,
            retry: None,
            reject: None,
        }
    }

    /// Sets how long clients wait before they reconnect. The default is 2 to 10 seconds.
    ///
    /// It also applies to clients that connect after the shutdown has begun and are rejected,
    /// whatever the policy of [`reject`](Self::reject) sets.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the policy for requests that come after the shutdown has begun. The default is
    /// [`RejectPolicy::empty_stream`].
    ///
    /// Clients reconnect after the [`retry`](Self::retry) of this `ShutdownPolicy` if it is set,
    /// else after that of the [`RejectPolicy`], else after 2 to 10 seconds. Set it on the layer:
    /// the layer alone decides here, even for a request that has reached the handler.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use tower_sse::{RejectPolicy, ShutdownPolicy};
    ///
    /// let json = HeaderValue::from_static("application/json");
    /// let restarting = r#"{"error":{"message":"server is restarting","type":"server_error"}}"#;
    /// let policy = ShutdownPolicy::new().reject(RejectPolicy::empty_stream().body(json, restarting));
    /// # let _ = policy;
    /// ```
    pub fn reject(mut self, reject: RejectPolicy) -> Self {
        self.reject = Some(reject);
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
        if self.reject.is_none() {
            self.reject.clone_from(&other.reject);
        }
    }

    /// Returns the default if none is set, without a copy for each stream.
    pub(crate) fn or_default(set: Option<&Self>) -> &Self {
        set.unwrap_or(&DEFAULT)
    }

    pub(crate) fn retry_or_default(&self) -> Retry {
        self.retry.clone().unwrap_or(RETRY)
    }

    /// Returns the policy for a request that comes after the shutdown has begun.
    pub(crate) fn reject_or_default(&self) -> RejectPolicy {
        let reject = self.reject.clone().unwrap_or_default();
        match &self.retry {
            Some(retry) => reject.retry(retry.clone()),
            None => reject.retry_unless_set(RETRY),
        }
    }

    /// Returns how much longer a stream may go on. `None` sets no end.
    pub(crate) fn grace_for(&self, is_resumable: bool) -> Option<Duration> {
        match self.grace {
            Grace::ByKind | Grace::OneShot(_) if is_resumable => Some(Duration::ZERO),
            Grace::ByKind => Some(ONE_SHOT),
            Grace::OneShot(grace) | Grace::Time(grace) => Some(grace),
            Grace::Unlimited => None,
        }
    }
}

/// Ends resumable streams at once, and others after up to 20 seconds.
impl Default for ShutdownPolicy {
    fn default() -> Self {
        DEFAULT.clone()
    }
}
