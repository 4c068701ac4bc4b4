//! A body of any bytes, in any chunks, and the layer around it.

use std::{convert::Infallible, time::Duration};

use bytes::{Buf, Bytes};
use futures::stream;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{SseBody, SseLayer};

/// Makes a body that is silent for a while after each of its chunks.
pub(crate) fn body<D, I>(chunks: I) -> impl Body<Data = D, Error = Infallible>
where
    D: Buf,
    I: IntoIterator<Item = (D, Duration)>,
{
    let start = (chunks.into_iter(), Duration::ZERO);
    StreamBody::new(stream::unfold(start, async |(mut chunks, rest)| {
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        let (chunk, rest) = chunks.next()?;
        Some((Ok(Frame::data(chunk)), (chunks, rest)))
    }))
}

/// Makes a response that is an event stream.
pub(crate) fn event_stream<B>(body: B) -> Response<B> {
    let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
    response.body(body).unwrap()
}

/// Sends a response through the layer.
pub(crate) async fn through<B: Body>(
    layer: &SseLayer,
    response: Response<B>,
) -> Response<SseBody<B>> {
    let mut response = Some(response);
    let service = service_fn(|_: Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let Ok(response) = layer.layer(service).oneshot(Request::new(())).await;
    response
}

/// Returns all that clients get of an event stream of these chunks.
pub(crate) async fn adopted<D, I>(layer: &SseLayer, chunks: I) -> Bytes
where
    D: Buf,
    I: IntoIterator<Item = (D, Duration)>,
{
    let response = through(layer, event_stream(body(chunks))).await;
    let collected = response.into_body().collect().await.unwrap();
    collected.to_bytes()
}
