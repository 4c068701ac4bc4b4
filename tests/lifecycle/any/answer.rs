use std::{convert::Infallible, future::Future, pin::Pin};

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, combinators::UnsyncBoxBody};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sse::{BoxError, Event, EventName, EventStream, SseBody, SseLayer};

use super::{
    inner::{Events, Script, Scripted},
    layers::options,
    setting::{Kind, Opening},
};

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

/// Makes the answer of the handler.
pub(crate) fn answer(script: &Script, opening: Opening) -> Response<BoxBody> {
    let script = script.clone();
    let mut response = match opening.kind {
        Kind::Typed { resumes, on_error } => match resumes {
            true => typed::<true>(script, on_error),
            false => typed::<false>(script, on_error),
        },
        Kind::Adopted { announces } => adopted(script, announces),
        Kind::NotFound => {
            let mut response = Response::new(Empty::new().map_err(BoxError::from).boxed_unsync());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
        Kind::Zipped => {
            let mut response = adopted(script, false);
            let zipped = HeaderValue::from_static("gzip");
            response.headers_mut().insert("content-encoding", zipped);
            response
        }
    };
    response.extensions_mut().insert(options(opening.own));
    response
}

fn typed<const RESUMES: bool>(script: Script, on_error: bool) -> Response<BoxBody> {
    let mut stream = EventStream::new(Events::<RESUMES>(script));
    if on_error {
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

/// An answer that has yet to come.
pub(crate) type Coming = Pin<Box<dyn Future<Output = Result<Response<BoxBody>, Infallible>>>>;

/// Sends a request through one layer or two, between which the body is boxed.
pub(crate) fn through(
    inner: &SseLayer,
    outer: Option<&SseLayer>,
    request: Request<()>,
    handler: impl Future<Output = Response<BoxBody>> + 'static,
) -> Coming {
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
