use std::convert::Infallible;

use http::{Request, Response};
use tower::{Layer, service_fn};
use tower_sse::{LastEventId, RejectPolicy, Retry, SseLayer};

use crate::support::*;

/// Returns what the service inside gets as the last event id.
async fn seen(layer: SseLayer, request: http::request::Builder) -> Option<String> {
    let service = service_fn(|request: Request<()>| async move {
        let id = request.extensions().get::<LastEventId>();
        let id = id.map(|id| match id.is_lossy() {
            true => format!("{} (lossy)", id.as_str()),
            false => id.as_str().to_owned(),
        });
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
async fn is_absent_when_it_is_empty() {
    let request = get().header("Last-Event-ID", "");
    assert_eq!(seen(layer(), request).await, None);
    let from_query = layer().last_event_id_query("lastEventId");
    let request = Request::get("/?lastEventId=7").header("Last-Event-ID", "");
    assert_eq!(seen(from_query.clone(), request).await, None);
    let request = Request::get("/?lastEventId=7&lastEventId=");
    assert_eq!(seen(from_query, request).await, None);
}

#[tokio::test]
async fn is_latin_1_when_it_is_not_utf_8() {
    let request = get().header("Last-Event-ID", &b"caf\xe9"[..]);
    assert_eq!(seen(layer(), request).await.as_deref(), Some("café"));
}

#[tokio::test]
async fn marks_what_is_no_id() {
    let long = "9".repeat(1 << 20);
    let cut = format!("{}\u{fffd} (lossy)", "9".repeat(4093));
    for (value, id) in [
        (&b"a\tb"[..], "a\u{fffd}b (lossy)"),
        (b"\xff\x80", "ÿ\u{fffd} (lossy)"),
        (long.as_bytes(), &cut),
    ] {
        let request = get().header("Last-Event-ID", value);
        assert_eq!(seen(layer(), request).await.as_deref(), Some(id));
    }
}

#[tokio::test]
async fn is_read_from_the_query_when_set_to() {
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
    let id = seen(from_query, request).await;
    assert_eq!(id.as_deref(), Some("bad\u{fffd}id (lossy)"));
}

#[tokio::test]
async fn is_the_last_of_several_in_the_query() {
    let from_query = layer().last_event_id_query("id");
    for (query, id) in [
        ("id=1&id=2", "2"),
        ("id=%20", "\u{fffd} (lossy)"),
        ("id=%c3", "\u{fffd} (lossy)"),
        ("id=%ff&id=2", "2"),
        ("id=2&id=a%00", "a\u{fffd} (lossy)"),
    ] {
        let request = Request::get(format!("/?{query}"));
        let seen = seen(from_query.clone(), request).await;
        assert_eq!(seen.as_deref(), Some(id), "{query}");
    }
}

#[tokio::test]
async fn is_not_repeated_to_the_client_when_it_is_lossy() {
    let retry = Retry::fixed(SECOND);
    let full = bare().max_streams(0, RejectPolicy::empty_stream().retry(retry));
    for (id, line) in [("a-7", "id: a-7\n"), ("a\t7", "")] {
        let (_feed, response) = adopted();
        let request = get().header("Last-Event-ID", id);
        let body = send(&full, request, response).await.into_body();
        let expected = format!("event: tower-sse.retry\n{line}retry: 1000\ndata: \n\n");
        assert_eq!(text(body).await, expected);
    }
}
