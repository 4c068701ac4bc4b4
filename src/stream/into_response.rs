//! The responses that `SseLayer` accepts.

use futures_util::Stream;
use http::Response;
use http_body::Body;

use crate::{EventItem, EventStream};

/// A response of a service within [`SseLayer`](crate::SseLayer): an [`http::Response`] with any body, or
/// just an [`EventStream`].
///
/// Other layers between the two require a response: for those, return `Response::from(stream)`.
#[diagnostic::on_unimplemented(
    message = "`SseLayer` cannot be put around a service that returns `{Self}`",
    label = "neither an `http::Response` with an `http_body::Body` nor an `EventStream`",
    note = "return `EventStream::new(stream)` or `http::Response<B>` where `B: http_body::Body`"
)]
pub trait IntoSseResponse {
    /// The body of the response.
    type Body: Body;

    /// Returns the response.
    fn into_sse_response(self) -> Response<Self::Body>;
}

impl<B: Body> IntoSseResponse for Response<B> {
    type Body = B;

    fn into_sse_response(self) -> Response<B> {
        self
    }
}

impl<S> IntoSseResponse for EventStream<S>
where
    S: Stream,
    S::Item: EventItem,
{
    type Body = Self;

    fn into_sse_response(self) -> Response<Self> {
        self.into()
    }
}
