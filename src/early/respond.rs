use std::{future::Future, pin::Pin, sync::Arc};

use http::Response;

use super::{
    body::EarlyBody,
    config::{MAX_LATE_BODY, OnLate},
    late_answer::LateAnswer,
    late_head::LateHead,
};
use crate::{BoxError, EncodedEvent, IntoSseResponse, headers::head};

/// Creates the response of a handler whose answer takes long: the head of an event stream at once, and the answer
/// when its future has it.
///
/// It is what [`EarlyHeadLayer`](crate::EarlyHeadLayer) does around a service, for handlers that find out by
/// themselves that the client wants a stream, such as by `"stream": true` in the request's body. What has to be
/// said by a status, such as 401 or 400, is returned before. [`SseLayer`](crate::SseLayer) around the handler
/// sends the preamble and heartbeats while the future works. The future is polled by the body: it is dropped when
/// the client leaves.
///
/// If the answer is no event stream, or an error, the closure makes an event of it, with which the stream ends. If
/// the closure returns `None`, the stream fails: see
/// [`EarlyHeadLayer::on_late`](crate::EarlyHeadLayer::on_late). Of the body of a response it gets up to 64 KiB;
/// what is longer is cut off. The response has the headers of an event stream; those of the answer are lost.
///
/// ```
/// # #[cfg(feature = "axum")] mod app {
/// use axum::response::Response;
/// use tower_sse::{BoxError, Event, EventAction, EventMapBody, LateAnswer, respond_early};
/// # async fn ask_upstream(_: String) -> Result<http::Response<axum::body::Body>, BoxError> { Ok(Default::default()) }
///
/// async fn chat(question: String) -> http::Response<impl http_body::Body<Data = bytes::Bytes, Error = tower_sse::Error>> {
///     let answer = async move {
///         let upstream = ask_upstream(question).await?;
///         Ok::<_, BoxError>(EventMapBody::map_response(upstream, |_| EventAction::Keep))
///     };
///     respond_early(answer, |late| {
///         let message = match late {
///             LateAnswer::Response(response) => format!("the upstream says {}", response.status()),
///             _ => "the upstream does not answer".to_owned(),
///         };
///         Some(Event::new(format!(r#"{{"error":{{"message":"{message}"}}}}"#)))
///     })
/// }
/// # }
/// ```
pub fn respond_early<F, R, E, L, V>(answer: F, on_late: L) -> Response<EarlyBody<F, R::Body>>
where
    F: Future<Output = Result<R, E>>,
    R: IntoSseResponse,
    E: Into<BoxError>,
    L: Fn(&LateAnswer) -> Option<V> + Send + Sync + 'static,
    V: Into<EncodedEvent>,
{
    let on_late: OnLate = Arc::new(move |late| on_late(late).map(Into::into));
    early_response(Box::pin(answer), Some(on_late), MAX_LATE_BODY)
}

/// Makes the response whose body waits for the answer.
pub(super) fn early_response<F, B>(
    answer: Pin<Box<F>>,
    on_late: Option<OnLate>,
    max_late_body: usize,
) -> Response<EarlyBody<F, B>> {
    let late_head = LateHead::default();
    let body = EarlyBody::waiting(answer, on_late, max_late_body, late_head.clone());
    let mut response = Response::new(body);
    head::complete(response.headers_mut());
    response.extensions_mut().insert(late_head);
    response
}
