use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header::RETRY_AFTER};

use crate::{Encoder, Labels, Retry, header};

/// How a stream is refused.
///
/// A browser that gets any status but 200 never comes back. So a refusal is soft where it can be:
/// a GET that accepts event streams (curl's, which accepts all, does) gets an empty one, with a
/// `retry`, and comes back after that time. Other clients, which would take it for an answer, get a status and `Retry-After`.
///
/// The time is drawn for each client; by default between 5 and 30 seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a limit has it"]
pub struct Refuse {
    softly: bool,
    status: StatusCode,
    retry: Retry,
}

impl Refuse {
    /// Refuses softly where it can be, and else with 503 Service Unavailable. This is the default.
    pub const fn softly() -> Self {
        Self::how(true, StatusCode::SERVICE_UNAVAILABLE)
    }

    /// Refuses everyone with this status.
    pub const fn with(status: StatusCode) -> Self {
        Self::how(false, status)
    }

    const fn how(softly: bool, status: StatusCode) -> Self {
        Self {
            softly,
            status,
            retry: Retry::spread(Duration::from_secs(5)..=Duration::from_secs(30)),
        }
    }

    /// Sets the status for those who are not refused softly.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets when clients may come back.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Makes the answer: an empty event stream where it may be soft, else the status.
    pub(crate) fn response(&self, softly: bool) -> Response<Bytes> {
        let retry = self.retry.draw();
        let mut response = Response::new(Bytes::new());
        if self.softly && softly {
            header::complete(response.headers_mut());
            let mut encoder = Encoder::new();
            retry.map(|retry| encoder.retry(retry));
            *response.body_mut() = encoder.take();
            return response;
        }
        *response.status_mut() = self.status;
        if let Some(retry) = retry {
            let seconds = retry
                .as_secs()
                .saturating_add(u64::from(retry.subsec_nanos() > 0));
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl Default for Refuse {
    fn default() -> Self {
        Self::softly()
    }
}

/// Why a stream was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefuseReason {
    /// A [`Shutdown`](crate::Shutdown) has begun.
    ShutDown,
    /// As many streams are open as there may be.
    TooMany,
    /// As many streams of its key are open as there may be.
    TooManyOfKey,
}

impl RefuseReason {
    /// Returns the reason as a label: `shut_down`, `too_many` or `too_many_of_key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShutDown => "shut_down",
            Self::TooMany => "too_many",
            Self::TooManyOfKey => "too_many_of_key",
        }
    }
}

/// A stream that was refused: it has never been open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Why it was refused.
    pub reason: RefuseReason,
    /// What the layer's labels say of the request.
    pub labels: Labels,
}
