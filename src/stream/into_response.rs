use futures_util::Stream;
use http::Response;
use http_body::Body;

use crate::{EventItem, EventStream};

/// What a service around which [`SseLayer`](crate::SseLayer) is put may return: a response with
/// any body, or just an [`EventStream`].
///
/// Other layers in between want a response: there, return `Response::from(stream)`.
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
