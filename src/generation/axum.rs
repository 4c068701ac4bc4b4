//! The errors of generations as responses, so that a handler may return them.

use axum_core::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER},
};

use super::GenerationError;
use crate::stop_reconnecting;

/// Returns 204 No Content for a client that has the whole generation, 409 Conflict for a key whose generation runs,
/// 410 Gone for an unknown id and for evicted events, 503 Service Unavailable with `Retry-After` if there are too
/// many generations or the store is away, what [`ChannelError`](crate::ChannelError) does for a key that is no name,
/// and 500 Internal Server Error otherwise. All have `Cache-Control: no-store`, and but for 204
/// the error's text as their body.
impl IntoResponse for GenerationError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Complete => return stop_reconnecting().map(|()| Body::empty()),
            Self::Channel(error) => return error.into_response(),
            Self::Running => StatusCode::CONFLICT,
            Self::UnknownId | Self::Evicted => StatusCode::GONE,
            Self::TooMany { .. } | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ended(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let retry = (status == StatusCode::SERVICE_UNAVAILABLE).then_some([(RETRY_AFTER, "10")]);
        let no_store = [(CACHE_CONTROL, "no-store")];
        match retry {
            Some(retry) => (status, retry, no_store, self.to_string()).into_response(),
            None => (status, no_store, self.to_string()).into_response(),
        }
    }
}
