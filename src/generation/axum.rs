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

/// Responds to an error with a status:
///
/// | error | status |
/// |---|---|
/// | the client has the whole generation | 204 No Content |
/// | the generation of the key runs | 409 Conflict |
/// | the id is unknown, or its events were evicted | 410 Gone |
/// | too many generations, or the store is away | 503 Service Unavailable, with `Retry-After` |
/// | the key is no name | that of [`ChannelError`](crate::ChannelError) |
/// | any other | 500 Internal Server Error |
///
/// All have `Cache-Control: no-store`. The body is the error's text; a 204 has none.
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
