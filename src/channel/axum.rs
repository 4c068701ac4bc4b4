//! The errors of channels as responses, so that a handler may return them.

use axum_core::response::{IntoResponse, Response};
use http::{
    StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER},
};

use super::{ChannelError, PublishError, SubscribersError};
use crate::store::{StoreError, StoreErrorKind};

/// Returns 413 Payload Too Large for an event that is too large, 503 Service Unavailable for a closed
/// channel, a full keyed one and a store that has not accepted the event, 400 Bad Request for an invalid key,
/// what [`ChannelError`] does for a channel that cannot be made, and 500 Internal Server Error otherwise. The
/// body is the error's text without its cause.
impl IntoResponse for PublishError {
    fn into_response(self) -> Response {
        if let Self::Channel(error) = self {
            return error.into_response();
        }
        let status = match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Closed | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(ref error) => store_status(error),
            Self::Key(_) => StatusCode::BAD_REQUEST,
            Self::Channel(_) | Self::Encode(_) | Self::Before(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, self.without_cause().to_string()).into_response()
    }
}

/// Returns what [`ChannelError`] does for a channel that cannot be added, 503 Service Unavailable for a store that
/// has not accepted the change, and 500 Internal Server Error if the store never will. The body is the error's text
/// without its cause.
impl IntoResponse for SubscribersError {
    fn into_response(self) -> Response {
        let text = self.without_cause();
        match self {
            Self::Channel(error) => error.into_response(),
            Self::Store(error) => (store_status(&error), text).into_response(),
        }
    }
}

fn store_status(error: &StoreError) -> StatusCode {
    match error.kind() {
        StoreErrorKind::Refused => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Returns 503 Service Unavailable with `Retry-After` and `Cache-Control: no-store` if there are too many
/// channels, 400 Bad Request for a name that no channel or no subscriber can have or that is the name of a
/// channel of another kind, because the name may be the client's, and 404 Not Found for the feed of a presence
/// that the channel does not have. A browser does not reconnect after any of them.
impl IntoResponse for ChannelError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::TooMany { .. } => {
                let headers = [(RETRY_AFTER, "10"), (CACHE_CONTROL, "no-store")];
                (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
            }
            Self::Name(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            Self::Reserved | Self::SubscriberName(_) | Self::Keyed | Self::NotKeyed => {
                (StatusCode::BAD_REQUEST, text).into_response()
            }
            Self::NoPresence => (StatusCode::NOT_FOUND, text).into_response(),
        }
    }
}
