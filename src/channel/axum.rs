//! The errors of channels as responses, so that a handler may return them.

use axum_core::response::{IntoResponse, Response};
use http::{
    StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER},
};

use super::{PublishError, TooManyTopics};

/// Returns 413 Payload Too Large for an event that is too large, 503 Service Unavailable for a closed
/// channel, and 500 Internal Server Error otherwise. The body is the error's text without its cause.
impl IntoResponse for PublishError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Closed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Encode(_) | Self::Before(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.without_cause().to_string()).into_response()
    }
}

/// Returns 503 Service Unavailable, with `Retry-After` and `Cache-Control: no-store`. A browser does
/// not reconnect after it.
impl IntoResponse for TooManyTopics {
    fn into_response(self) -> Response {
        let headers = [(RETRY_AFTER, "10"), (CACHE_CONTROL, "no-store")];
        (StatusCode::SERVICE_UNAVAILABLE, headers, self.to_string()).into_response()
    }
}
