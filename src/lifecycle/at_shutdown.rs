use std::time::Duration;

use bytes::Bytes;

use crate::{EncodedEvent, Encoder, Event, Retry, boundary::Boundary};

static DEFAULT: AtShutdown = AtShutdown::end();

/// How a stream ends when a [`Shutdown`](crate::Shutdown) begins.
///
/// By default at once, telling the client to come back in 2 to 10 seconds, each client its own
/// time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a layer or a response has it"]
pub struct AtShutdown {
    grace: Option<Duration>,
    farewell: Option<EncodedEvent>,
    retry: Option<Retry>,
}

impl AtShutdown {
    /// Ends the stream at once. This is the default.
    pub const fn end() -> Self {
        Self::end_after(Duration::ZERO)
    }

    /// Ends the stream after some time, if it has not ended by then.
    pub const fn end_after(grace: Duration) -> Self {
        Self::within(Some(grace))
    }

    /// Lets the stream come to its own end.
    pub const fn finish() -> Self {
        Self::within(None)
    }

    const fn within(grace: Option<Duration>) -> Self {
        Self {
            grace,
            farewell: None,
            retry: None,
        }
    }

    /// Sends an event last, if the stream stands between two events.
    pub fn farewell(mut self, event: Event) -> Self {
        self.farewell = Some(event.into());
        self
    }

    /// Sets how long clients wait before they come back, those too that come after the shutdown has
    /// begun and are refused. By default 2 to 10 seconds.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Takes farewell and retry from another where they are unset here.
    pub(crate) fn fill(&mut self, other: &Self) {
        if self.farewell.is_none() {
            self.farewell.clone_from(&other.farewell);
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

    /// Returns how long the stream may yet go on; `None` is as long as it likes.
    pub(crate) fn grace(&self) -> Option<Duration> {
        self.grace
    }

    /// Returns what may be said last: between events all of it, at the start of a line the retry
    /// alone, within a line nothing.
    pub(crate) fn last_words(&self, boundary: Boundary) -> Bytes {
        let mut encoder = Encoder::new();
        if let Some(farewell) = self
            .farewell
            .as_ref()
            .filter(|_| boundary == Boundary::Event)
        {
            encoder.encoded(farewell);
        }
        if let Some(retry) = self
            .retry_or_default()
            .draw()
            .filter(|_| boundary.is_line())
        {
            encoder.retry(retry);
        }
        encoder.take()
    }
}

impl Default for AtShutdown {
    fn default() -> Self {
        DEFAULT.clone()
    }
}
