//! Requests and responses, and their way through the layers.

use std::{convert::Infallible, future::Future, pin::Pin};

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, combinators::UnsyncBoxBody};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sse::{BoxError, Event, EventName, EventStream, SseBody, SseLayer};

use super::{
    layers::sse_options,
    script::{Events, Script, Scripted},
};
use crate::any::commands::{Kind, Opening};

pub(crate) type BoxBody = UnsyncBoxBody<Bytes, BoxError>;

const OOPS: EventName = EventName::from_static("oops");

pub(crate) fn request(id: usize, opening: Opening) -> Request<()> {
    let mut request = Request::builder()
        .method(opening.client.method)
        .version(opening.client.version)
        .header("number", id);
    if let Some(accept) = opening.client.accept {
        request = request.header("accept", accept);
    }
    if opening.client.was_stopped {
        request = request.header("last-event-id", "tower-sse.evicted");
    }
    if let Some(key) = opening.key {
        request = request.header("key", key);
    }
    request.body(()).unwrap()
}

/// Makes the handler's response.
pub(crate) fn response(script: &Script, opening: Opening) -> Response<BoxBody> {
    let script = script.clone();
    let mut response = match opening.kind {
        Kind::Typed {
            is_resumable: true,
            has_error_event,
        } => typed::<true>(script, has_error_event),
        Kind::Typed {
            is_resumable: false,
            has_error_event,
        } => typed::<false>(script, has_error_event),
        Kind::Adopted { announces } => adopted(script, announces),
        Kind::NotFound => {
            let mut response = Response::new(Empty::new().map_err(BoxError::from).boxed_unsync());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
        Kind::Compressed => {
            let mut response = adopted(script, false);
            let encoding = HeaderValue::from_static("gzip");
            response.headers_mut().insert("content-encoding", encoding);
            response
        }
    };
    response
        .extensions_mut()
        .insert(sse_options(opening.options));
    response
}

fn typed<const RESUMABLE: bool>(script: Script, has_error_event: bool) -> Response<BoxBody> {
    let mut stream = EventStream::new(Events::<RESUMABLE>(script));
    if has_error_event {
        let event = |error: tower_sse::Error| Event::new(error.into_inner().to_string());
        stream = stream.error_event(move |error| event(error).name(OOPS));
    }
    let response = Response::from(stream);
    response.map(|body| body.map_err(BoxError::from).boxed_unsync())
}

fn adopted(script: Script, announces: bool) -> Response<BoxBody> {
    let response = Response::builder().header("content-type", "text/event-stream");
    let body = Scripted { script, announces };
    response.body(body.boxed_unsync()).unwrap()
}

pub(crate) type ResponseFuture =
    Pin<Box<dyn Future<Output = Result<Response<BoxBody>, Infallible>>>>;

/// Sends a request through one layer or two. Each layer's body is boxed.
pub(crate) fn through(
    inner: &SseLayer,
    outer: Option<&SseLayer>,
    request: Request<()>,
    handler: impl Future<Output = Response<BoxBody>> + 'static,
) -> ResponseFuture {
    let mut handler = Some(handler.map(Ok::<_, Infallible>));
    let service = inner.layer(service_fn(move |_| handler.take().unwrap()));
    let mut service = service.map_response(boxed);
    match outer {
        None => Box::pin(service.call(request)),
        Some(outer) => Box::pin(outer.layer(service).map_response(boxed).call(request)),
    }
}

fn boxed(response: Response<SseBody<BoxBody>>) -> Response<BoxBody> {
    response.map(|body| body.map_err(BoxError::from).boxed_unsync())
}
