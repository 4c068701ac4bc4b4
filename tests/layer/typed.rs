use futures::{StreamExt, channel::mpsc, stream};
use http::Response;
use tower_sse::{BoxEventStream, Event, EventStream, Retry};

use crate::support::*;

#[tokio::test]
async fn is_a_response_by_itself() {
    let events = EventStream::new(stream::iter([Event::new("x")]));
    let layer = layer().retry(Retry::fixed(SECOND));
    let response = send(&layer, get(), events).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(
        response.headers()["cache-control"],
        "no-store, no-transform"
    );
    assert_eq!(text(response.into_body()).await, "retry: 1000\ndata: x\n\n");
}

#[tokio::test]
async fn is_no_stream_for_a_browser_under_another_status() {
    let events = EventStream::new(stream::iter([Event::new("x")]));
    let mut response = Response::from(events);
    *response.status_mut() = http::StatusCode::CREATED;
    let response = send(&layer(), get(), response).await;
    assert!(!response.headers().contains_key("connection"));
    assert_eq!(text(response.into_body()).await, "data: x\n\n");
}

#[tokio::test(start_paused = true)]
async fn has_heartbeats() {
    let (sender, events) = mpsc::unbounded();
    let events = EventStream::new(events);
    let mut body = send(&bare(), get(), events).await.into_body();
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    sender.unbounded_send(Event::new("x")).unwrap();
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    drop(sender);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn can_be_stopped_by_a_204() {
    let stop: Response<BoxEventStream> = tower_sse::stop_reconnecting();
    let response = send(&layer(), get(), stop).await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers().len(), 1);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(text(response.into_body()).await, "");
}

#[tokio::test]
async fn can_be_boxed() {
    let stream: BoxEventStream = EventStream::new(stream::iter(["x"]).map(Event::new)).into_boxed();
    let body = send(&bare(), get(), stream).await.into_body();
    assert_eq!(text(body).await, "data: x\n\n");
}
