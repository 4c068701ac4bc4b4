//! The errors of channels as responses, so that a handler may return them.

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;

use super::{PublishError, TooManyTopics};

/// 413 Payload Too Large, 503 Service Unavailable where the channel is closed, else 500 Internal
/// Server Error, with the error's own text alone.
impl IntoResponse for PublishError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Closed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Encode(_) | Self::Before(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}

/// 503 Service Unavailable.
impl IntoResponse for TooManyTopics {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, self.to_string()).into_response()
    }
}
