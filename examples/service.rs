//! Plain Tower, no server: a service that returns a stream of events, with `SseLayer` around it.

use std::{convert::Infallible, pin::pin, time::Duration};

use futures::stream;
use http::Request;
use http_body_util::BodyExt;
use tokio_stream::StreamExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{BoxError, EventStream, Heartbeat, SseLayer};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let count = service_fn(async |_request: Request<String>| {
        let slowly = stream::iter(["one", "two", "three"]).throttle(Duration::from_millis(500));
        Ok::<_, Infallible>(EventStream::new(slowly))
    });
    let layer = SseLayer::new().heartbeat(Heartbeat::every(Duration::from_millis(200)));
    let service = layer.layer(count);

    let response = service.oneshot(Request::default()).await?;
    println!("{} {:#?}", response.status(), response.headers());

    // A retry, then the events; in the silence between them `:\n\n`, the heartbeat.
    let mut frames = pin!(response.into_body().into_data_stream());
    while let Some(frame) = frames.try_next().await? {
        println!("{frame:?}");
    }
    Ok(())
}
