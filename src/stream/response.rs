//! A stream of events as a whole response.

use futures_util::Stream;
use http::Response;

use super::{EventItem, EventStream};
use crate::{headers::head, report::StreamLink};

/// Creates a response with the headers of an event stream: `Content-Type: text/event-stream;
/// charset=utf-8`, `Cache-Control: no-store, no-transform` and `X-Accel-Buffering: no`.
impl<S> From<EventStream<S>> for Response<EventStream<S>>
where
    S: Stream,
    S::Item: EventItem,
{
    fn from(mut stream: EventStream<S>) -> Self {
        let link = StreamLink::new(stream.is_resumable);
        stream.link = Some(link.clone());
        let mut response = Response::new(stream);
        // By an extension, because the layer sees the body boxed, or within other bodies.
        response.extensions_mut().insert(link);
        head::complete(response.headers_mut());
        response
    }
}
