//! A gateway over sockets: a server in front, an upstream behind it, and a client that is no part of either.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, routing::post};
use bytes::Bytes;
use futures::channel::mpsc;
use http::{Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Notify};
use tower::{Layer, service_fn};
use tower_sse::{
    BoxError, EarlyHeadLayer, Event, EventAction, EventMapBody, LateAnswer, RawEvent, Retry,
    SseLayer, respond_early,
};

use crate::guard;

const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

fn client(version: Version) -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .http2_only(version == Version::HTTP_2)
        .build_http()
}

async fn ask(version: Version, address: SocketAddr) -> Response<Incoming> {
    let request = Request::post(format!("http://{address}/chat"));
    let request = request.header(header::ACCEPT, "text/event-stream");
    let request = request.body(Full::default()).unwrap();
    guard(client(version).request(request)).await.unwrap()
}

/// Reads until the text is there.
async fn read(body: &mut Incoming, expected: &str) {
    let mut text = String::new();
    while text.len() < expected.len() {
        let frame = guard(body.frame()).await.unwrap().unwrap();
        text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
    }
    assert_eq!(text, expected);
}

/// Asserts that the body ends cleanly. Over HTTP/2 an empty frame may come with the end.
async fn assert_end(body: &mut Incoming) {
    while let Some(frame) = guard(body.frame()).await {
        assert!(frame.unwrap().into_data().unwrap().is_empty());
    }
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

type Chunks = mpsc::UnboundedSender<Result<&'static str, BoxError>>;

/// A model that thinks until it is notified, and then sends the chunks of a test.
struct Upstream {
    address: SocketAddr,
    answers: Arc<Notify>,
    chunks: Chunks,
}

impl Upstream {
    async fn start(status: StatusCode) -> Self {
        let answers = Arc::<Notify>::default();
        let (chunks, receiver) = mpsc::unbounded();
        let receiver = Arc::new(Mutex::new(Some(receiver)));
        let thinks = Arc::clone(&answers);
        let answer = async move || {
            thinks.notified().await;
            let chunks = receiver.lock().unwrap().take().unwrap();
            Response::builder()
                .status(status)
                .header(header::CONTENT_TYPE, "text/event-stream")
                .body(Body::from_stream(chunks))
                .unwrap()
        };
        let address = serve(Router::new().route("/chat", post(answer))).await;
        Self {
            address,
            answers,
            chunks,
        }
    }

    fn send(&self, chunk: Result<&'static str, BoxError>) {
        self.chunks.unbounded_send(chunk).unwrap();
    }
}

fn layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new()).retry(Retry::fixed(Duration::from_secs(1)))
}

fn without_usage(event: RawEvent<'_>) -> EventAction {
    match event.contains("\"usage\"") {
        true => EventAction::Drop,
        false => EventAction::Keep,
    }
}

fn error_event(message: impl std::fmt::Display) -> Event {
    Event::new(format!("{{\"error\":\"{message}\"}}"))
}

/// A gateway in front of an upstream.
async fn gateway(upstream: SocketAddr) -> SocketAddr {
    let chat = async move || {
        let answer = async move {
            let answer = ask(Version::HTTP_11, upstream).await;
            let answer = EventMapBody::map_response(answer, without_usage);
            Ok::<_, BoxError>(answer.map(|body| body.error_event(|_| error_event("cut"))))
        };
        respond_early(answer, |late| match late {
            LateAnswer::Response(late) => Some(error_event(late.status())),
            _ => None,
        })
    };
    serve(Router::new().route("/chat", post(chat)).layer(layer())).await
}

#[tokio::test]
async fn the_head_comes_before_the_upstream_answers() {
    for version in VERSIONS {
        let upstream = Upstream::start(StatusCode::OK).await;
        let answer = ask(version, gateway(upstream.address).await).await;
        assert_eq!(answer.status(), 200);
        let mut body = answer.into_body();
        read(&mut body, "retry: 1000\n").await;
        // Only now.
        upstream.answers.notify_one();
        upstream.send(Ok("data: one\n\nda"));
        read(&mut body, "data: one\n\n").await;
        upstream.send(Ok("ta: {\"usage\":7}\n\ndata: two\n\n"));
        read(&mut body, "data: two\n\n").await;
        upstream.chunks.close_channel();
        assert_end(&mut body).await;
    }
}

#[tokio::test]
async fn an_upstream_that_breaks_within_an_event_becomes_an_event() {
    for version in VERSIONS {
        let upstream = Upstream::start(StatusCode::OK).await;
        let mut body = ask(version, gateway(upstream.address).await)
            .await
            .into_body();
        upstream.answers.notify_one();
        upstream.send(Ok("data: one\n\ndata: ha"));
        read(&mut body, "retry: 1000\ndata: one\n\n").await;
        upstream.send(Err("broken".into()));
        read(&mut body, "data: {\"error\":\"cut\"}\n\n").await;
        assert_end(&mut body).await;
    }
}

#[tokio::test]
async fn a_late_rejection_becomes_an_event() {
    for version in VERSIONS {
        let upstream = Upstream::start(StatusCode::TOO_MANY_REQUESTS).await;
        let mut body = ask(version, gateway(upstream.address).await)
            .await
            .into_body();
        read(&mut body, "retry: 1000\n").await;
        upstream.answers.notify_one();
        upstream.chunks.close_channel();
        read(&mut body, "data: {\"error\":\"429 Too Many Requests\"}\n\n").await;
        assert_end(&mut body).await;
    }
}

#[tokio::test]
async fn a_bare_hyper_server_sends_the_head_at_once() {
    for version in VERSIONS {
        let upstream = Upstream::start(StatusCode::OK).await;
        let target = upstream.address;
        let forward = service_fn(move |_: Request<Incoming>| async move {
            Ok::<_, Infallible>(ask(Version::HTTP_11, target).await)
        });
        let early = EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO);
        let service = TowerToHyperService::new(layer().layer(early.layer(forward)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let server = auto::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
        let mut body = ask(version, address).await.into_body();
        read(&mut body, "retry: 1000\n").await;
        upstream.answers.notify_one();
        upstream.send(Ok("data: one\n\n"));
        read(&mut body, "data: one\n\n").await;
    }
}

#[tokio::test]
async fn the_upstream_notices_at_once_that_a_client_left() {
    for version in VERSIONS {
        let upstream = Upstream::start(StatusCode::OK).await;
        let mut body = ask(version, gateway(upstream.address).await)
            .await
            .into_body();
        upstream.answers.notify_one();
        upstream.send(Ok("data: one\n\n"));
        read(&mut body, "retry: 1000\ndata: one\n\n").await;
        drop(body);
        let is_gone = async {
            while !upstream.chunks.is_closed() {
                tokio::task::yield_now().await;
            }
        };
        guard(is_gone).await;
    }
}

#[tokio::test]
async fn axum_takes_the_layer_around_a_router() {
    let upstream = Upstream::start(StatusCode::OK).await;
    let target = upstream.address;
    let chat = async move || ask(Version::HTTP_11, target).await.map(Body::new);
    let early = EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO);
    let quick = async || (StatusCode::UNAUTHORIZED, [("set-cookie", "a=b")], "no");
    let app = Router::new()
        .route("/chat", post(chat))
        .route("/quick", post(quick))
        .layer(early)
        .layer(layer());
    let address = serve(app).await;
    let mut body = ask(Version::HTTP_11, address).await.into_body();
    read(&mut body, "retry: 1000\n").await;
    upstream.answers.notify_one();
    upstream.send(Ok("data: one\n\n"));
    read(&mut body, "data: one\n\n").await;

    let request = Request::post(format!("http://{address}/quick"));
    let request = request.header(header::ACCEPT, "text/event-stream");
    let request = request.body(Full::default()).unwrap();
    let answer = guard(client(Version::HTTP_11).request(request))
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["set-cookie"]),
        (401, &"a=b".parse().unwrap())
    );
}
