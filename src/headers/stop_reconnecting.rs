use http::{Response, StatusCode};

use super::head;

/// Creates a response that stops a client from reconnecting: 204 No Content, with `Cache-Control:
/// no-store`, because a cached 204 would stop every later visitor.
///
/// A stream that just ends is opened again by every browser. So when a client reconnects to
/// something that is finished, answer with this. In the stream itself, send
/// [`Event::close`](crate::Event::close) last, so that a page can stop before it asks again. Send
/// that event in any case: some clients, such as the npm package `event-source-polyfill` and the
/// crate `eventsource-client`, reconnect even after a 204.
///
/// ```
/// use futures_util::{StreamExt, stream};
/// use http::Response;
/// use tower_sse::{BoxEventStream, Event, EventStream, LastEventId, stop_reconnecting};
///
/// fn chapters(last: Option<LastEventId>) -> Response<BoxEventStream> {
///     let seen = last.and_then(|id| id.as_str().parse().ok()).unwrap_or(0u32);
///     if seen >= 3 {
///         return stop_reconnecting();
///     }
///     let rest = stream::iter(seen + 1..=3).map(|n| Event::new(format!("chapter {n}")).id(n));
///     EventStream::new(rest).into_boxed().into()
/// }
///
/// assert_eq!(chapters(None).status(), 200);
/// # let headers = http::HeaderMap::from_iter([("last-event-id".parse().unwrap(), "3".parse().unwrap())]);
/// # let last = LastEventId::from_headers(&headers);
/// assert_eq!(chapters(last).status(), 204);
/// ```
///
/// An axum handler returns an `axum::response::Response`: `stop_reconnecting()` as it is, or
/// `stream.into_response()`. (After `stop_reconnecting().into_response()` the compiler cannot infer the
/// type of the body.)
pub fn stop_reconnecting<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    head::forbid_store(response.headers_mut());
    response
}
