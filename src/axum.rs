//! `axum-core`'s traits: streams as responses, the last event id as an extractor.

use std::convert::Infallible;

use axum_core::{
    body::Body,
    extract::OptionalFromRequestParts,
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use futures_util::Stream;
use http::{StatusCode, request::Parts};

use crate::{Error, EventItem, EventStream, LastEventId, SseOptions};

impl<S> IntoResponse for EventStream<S>
where
    S: Stream + Send + 'static,
    S::Item: EventItem,
{
    fn into_response(self) -> Response {
        http::Response::from(self).map(Body::new)
    }
}

/// Sets the options of a stream in a tuple: `(options, stream)`.
impl IntoResponseParts for SseOptions {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

/// Makes a 500 Internal Server Error with the error's own text alone.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// Extracts `Option<LastEventId>`: `None` if the client sent none.
///
/// There is no extractor that rejects such a client: on its first connection a browser has no id,
/// and a rejection would stop it for good.
impl<S: Sync> OptionalFromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        // Without the layer there is no extension yet.
        let from_layer = parts.extensions.get().cloned();
        Ok(from_layer.or_else(|| Self::from_headers(&parts.headers)))
    }
}
