use std::convert::Infallible;

use http::{Request, Response};
use tower::{Layer, service_fn};
use tower_sse::{LastEventId, SseLayer};

use crate::support::*;

/// Returns what the service inside is told.
async fn seen(layer: SseLayer, request: http::request::Builder) -> Option<String> {
    let service = service_fn(|request: Request<()>| async move {
        let id = request.extensions().get::<LastEventId>();
        let id = id.map(|id| id.as_str().to_owned());
        let mut response = Response::new(String::new());
        response.extensions_mut().insert(id);
        Ok::<_, Infallible>(response)
    });
    let response = call(layer.layer(service), request).await;
    response
        .extensions()
        .get::<Option<String>>()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn is_read_from_the_header() {
    let request = get().header("Last-Event-ID", "a-7");
    assert_eq!(seen(layer(), request).await.as_deref(), Some("a-7"));
    assert_eq!(seen(layer(), get()).await, None);
}

#[tokio::test]
async fn is_absent_when_it_is_not_valid() {
    let long = "9".repeat(1 << 20);
    for value in [&b""[..], b"\xff\xfe", b"a\tb", long.as_bytes()] {
        let request = get().header("Last-Event-ID", value);
        assert_eq!(seen(layer(), request).await, None);
    }
}

#[tokio::test]
async fn is_read_from_the_query_when_told_to() {
    let uri = "/?a=1&lastEventId=a%207";
    let from_query = layer().last_event_id_query("lastEventId");
    assert_eq!(seen(layer(), Request::get(uri)).await, None);
    let id = seen(from_query.clone(), Request::get(uri)).await;
    assert_eq!(id.as_deref(), Some("a 7"));
    let request = Request::get(uri).header("Last-Event-ID", "newer");
    let id = seen(from_query.clone(), request).await;
    assert_eq!(id.as_deref(), Some("newer"));
    // Not the older one of the query, though this is no id.
    let request = Request::get(uri).header("Last-Event-ID", "bad\tid");
    assert_eq!(seen(from_query, request).await, None);
}
