//! `axum-core`'s traits: streams as responses, the last event id as an extractor.

use std::convert::Infallible;

use axum_core::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use futures_util::Stream;
use http::{StatusCode, request::Parts};

use crate::{EventItem, EventStream, LastEventId, SseOptions};

impl<S> IntoResponse for EventStream<S>
where
    S: Stream + Send + 'static,
    S::Item: EventItem,
{
    fn into_response(self) -> Response {
        http::Response::from(self).map(Body::new)
    }
}

/// Sets the options of a stream: `(options, stream)`.
impl IntoResponseParts for SseOptions {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

/// Extracts the last event id as an option: `None` where the client sent none that is valid.
impl<S: Sync> OptionalFromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        // Without the layer there is no extension yet.
        let noted = parts.extensions.get().cloned();
        Ok(noted.or_else(|| Self::from_headers(&parts.headers)))
    }
}

/// Extracts the last event id where there must be one; otherwise the answer is 400 Bad Request.
impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Ok(id) = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await;
        id.ok_or((StatusCode::BAD_REQUEST, "a valid Last-Event-ID is required"))
    }
}
