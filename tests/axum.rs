//! The traits of axum, and what goes without them.

use axum::{Router, body::Body, routing::get};
use futures::stream;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::ServiceExt;
use tower_sse::{
    Event, EventStream, LastEventId, Preamble, Retry, SseLayer, SseOptions, stop_reconnecting,
};

async fn send(router: Router, request: http::request::Builder) -> (http::response::Parts, String) {
    let request = request.body(Body::empty()).unwrap();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts, String::from_utf8(bytes.to_vec()).unwrap())
}

fn one() -> EventStream<impl futures::Stream<Item = Event>> {
    EventStream::new(stream::iter([Event::new("x")]))
}

fn layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new())
}

#[tokio::test]
async fn a_stream_is_a_response() {
    let app = Router::new().route("/", get(async || one()));
    let (parts, body) = send(app, Request::get("/")).await;
    assert_eq!(
        parts.headers["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(body, "data: x\n\n");
}

#[tokio::test]
async fn options_stand_before_a_stream() {
    let own = || SseOptions::new().retry(Retry::off());
    let app = Router::new()
        .route("/own", get(async move || (own(), one())))
        .route("/", get(async || Response::from(one())))
        .layer(layer().retry(Retry::fixed(std::time::Duration::from_secs(1))));
    let (_, body) = send(app.clone(), Request::get("/own")).await;
    assert_eq!(body, ":\ndata: x\n\n");
    let (_, body) = send(app, Request::get("/")).await;
    assert_eq!(body, "retry: 1000\ndata: x\n\n");
}

#[tokio::test]
async fn the_last_event_id_is_extracted_with_and_without_the_layer() {
    async fn resume(id: Option<LastEventId>) -> String {
        id.map_or("none".to_owned(), |id| id.to_string())
    }
    let plain = Router::new().route("/", get(resume));
    let layered = plain.clone().layer(layer().last_event_id_query("from"));
    for app in [plain, layered.clone()] {
        let id = |path, id| Request::get(path).header("last-event-id", id);
        assert_eq!(send(app.clone(), id("/", "7")).await.1, "7");
        assert_eq!(send(app.clone(), Request::get("/")).await.1, "none");
    }
    assert_eq!(send(layered, Request::get("/?from=7")).await.1, "7");
}

#[tokio::test]
async fn a_handler_may_answer_stop() {
    let app = Router::new()
        .route("/", get(async || stop_reconnecting::<Body>()))
        .layer(layer());
    let (parts, body) = send(app, Request::get("/")).await;
    assert_eq!(parts.status, 204);
    assert_eq!(body, "");
}

#[tokio::test]
async fn head_is_answered_without_the_stream() {
    let app = Router::new()
        .route("/", get(async || one()))
        .layer(layer().preamble(Preamble::off()));
    let (parts, body) = send(app, Request::head("/")).await;
    assert_eq!(
        parts.headers["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert!(!parts.headers.contains_key("content-length"));
    assert_eq!(body, "");
}
