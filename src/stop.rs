use http::{Response, StatusCode};

/// Makes the answer that stops a client from reconnecting: 204 No Content.
///
/// A stream that just ends is opened again by every browser. So when a client comes back for
/// something finished, answer with this; in the stream itself a last
/// [`Event::close`](crate::Event::close) lets a page stop before it asks.
///
/// ```
/// let response: http::Response<String> = tower_sse::stop();
///
/// assert_eq!(response.status(), 204);
/// ```
pub fn stop<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
