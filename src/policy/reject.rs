use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};

use super::reconnect::retry_event;
use crate::{EventId, Retry, headers::head};

/// The default time until clients reconnect.
static RETRY: Retry = Retry::spread(Duration::from_secs(5)..=Duration::from_secs(30));

/// A policy for streams that a limit or a shutdown rejects.
///
/// A browser that gets any status but 200 never reconnects. So by default a client that can read it
/// gets an empty stream: a GET or QUERY that names `text/event-stream` in `Accept` gets an event
/// stream with one event named `tower-sse.retry`, which sets when to reconnect, and the stream
/// ends. All other clients would take that for an answer, so they get a status and `Retry-After`.
/// Either response is `no-store`, because a cached rejection would meet later visitors.
///
/// If [`SseOptions::final_retry`](crate::SseOptions::final_retry) is `false`, every client gets the
/// status. A rejection before the handler runs follows the layer's setting, since the handler's is
/// not known yet.
///
/// The time until a client reconnects is drawn for each client. The default is 5 to 30 seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a limit has it"]
pub struct RejectPolicy {
    /// Whether clients that can read it get an empty stream.
    sends_stream: bool,
    status: StatusCode,
    retry: Option<Retry>,
    body: Option<(HeaderValue, Bytes)>,
}

impl RejectPolicy {
    /// Rejects clients that name `text/event-stream` with an empty stream, and all others with 503
    /// Service Unavailable. This is the default.
    pub const fn empty_stream() -> Self {
        Self::with(true, StatusCode::SERVICE_UNAVAILABLE)
    }

    /// Rejects every client with this status.
    pub const fn with_status(status: StatusCode) -> Self {
        Self::with(false, status)
    }

    const fn with(sends_stream: bool, status: StatusCode) -> Self {
        Self {
            sends_stream,
            status,
            retry: None,
            body: None,
        }
    }

    /// Sets the status for clients that get no empty stream. The default is 503 Service
    /// Unavailable.
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets when clients may reconnect: the `retry` of an empty stream, and `Retry-After`. The
    /// default is 5 to 30 seconds.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    pub(crate) fn retry_unless_set(mut self, retry: Retry) -> Self {
        self.retry = self.retry.or(Some(retry));
        self
    }

    /// Sets the body for clients that get a status. By default it is empty. Clients of language
    /// models show the message of an error in JSON.
    ///
    /// ```
    /// use http::{HeaderValue, StatusCode};
    /// use tower_sse::RejectPolicy;
    ///
    /// let json = HeaderValue::from_static("application/json");
    /// let busy = r#"{"error":{"message":"too many requests","type":"rate_limit_error"}}"#;
    /// let policy = RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS).body(json, busy);
    /// # let _ = policy;
    /// ```
    pub fn body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.body = Some((content_type, body.into()));
        self
    }

    /// Makes the response: an empty stream if the policy allows it and the client names event
    /// streams, else the status.
    ///
    /// Without `final_retry` the stream would have no event at all, which clients take for a
    /// complete answer.
    pub(crate) fn response(
        &self,
        names_stream: bool,
        final_retry: bool,
        last_event_id: Option<&EventId>,
    ) -> Response<Bytes> {
        let retry = self.retry.as_ref().unwrap_or(&RETRY).draw();
        if self.sends_stream && names_stream && final_retry {
            let event = retry.map(|retry| retry_event(retry, last_event_id));
            let mut response = Response::new(event.map(Bytes::from).unwrap_or_default());
            head::complete(response.headers_mut());
            return response;
        }
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.status;
        head::forbid_store(response.headers_mut());
        if let Some(retry) = retry {
            let seconds = retry
                .as_secs()
                .saturating_add(u64::from(retry.subsec_nanos() > 0));
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some((content_type, body)) = &self.body {
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, content_type.clone());
            *response.body_mut() = body.clone();
        }
        response
    }
}

impl Default for RejectPolicy {
    fn default() -> Self {
        Self::empty_stream()
    }
}
