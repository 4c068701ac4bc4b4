use std::convert::Infallible;

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{BoxError, EventStream, SseLayer};

use super::{
    inner::{Events, Script, Scripted},
    layers::options,
    setting::{Kind, Opening},
};

pub(crate) type BoxBody = UnsyncBoxBody<Bytes, BoxError>;

pub(crate) fn request(id: usize, opening: Opening) -> Request<()> {
    let mut request = Request::builder()
        .method(opening.method)
        .header("number", id);
    if !opening.accepts {
        request = request.header("accept", "application/json");
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
        Kind::Typed => {
            let response = Response::from(EventStream::new(Events(script)));
            response.map(|body| body.map_err(BoxError::from).boxed_unsync())
        }
        Kind::Adopted { announces } => adopted(script, announces),
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

fn adopted(script: Script, announces: bool) -> Response<BoxBody> {
    let response = Response::builder().header("content-type", "text/event-stream");
    let body = Scripted { script, announces };
    response.body(body.boxed_unsync()).unwrap()
}

/// Sends a request through one layer or two, between which the body is boxed.
pub(crate) fn through(
    inner: &SseLayer,
    outer: Option<&SseLayer>,
    request: Request<()>,
    answer: Response<BoxBody>,
) -> Response<BoxBody> {
    let mut answer = Some(answer);
    let service = inner.layer(service_fn(move |_| {
        let answer = answer.take().unwrap();
        async { Ok::<_, Infallible>(answer) }
    }));
    let service = service.map_response(|response| response.map(BodyExt::boxed_unsync));
    let response = match outer {
        None => service.oneshot(request).now_or_never(),
        Some(outer) => {
            let service = outer.layer(service);
            let service = service.map_response(|response| response.map(BodyExt::boxed_unsync));
            service.oneshot(request).now_or_never()
        }
    };
    let Ok(response) = response.unwrap();
    response
}
