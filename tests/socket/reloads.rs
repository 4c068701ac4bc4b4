//! Clients that open a stream anew before the server has noticed that they closed the old one, as
//! a browser does that reloads a page, where no second stream may be open.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get, serve::ListenerExt};
use bytes::Bytes;
use futures::stream;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};
use tower_sse::{Event, EventStream, LimitPolicy, RejectPolicy, SseLayer};

const RELOADS: usize = 1000;

/// How long an old stream stays open that a new one waits for.
const OVERLAP: Duration = Duration::from_millis(50);

/// An answer on its way.
type Sent = JoinHandle<hyper::Result<Response<Incoming>>>;

/// Waits for a place as long as it does by default.
fn waits() -> LimitPolicy {
    LimitPolicy::reject(RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS))
}

fn decides_at_once() -> LimitPolicy {
    waits().wait(Duration::ZERO)
}

/// Serves streams that never end, one at a time. Returns the address and the count of rejections.
async fn serve(policy: LimitPolicy) -> (SocketAddr, Arc<AtomicUsize>) {
    let rejections = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&rejections);
    let layer = SseLayer::with_timer(TokioTimer::new())
        .max_streams(1, policy)
        .on_reject(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    let silence = async || Response::from(EventStream::new(stream::pending::<Event>()));
    let app = Router::new().route("/", get(silence)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Otherwise each first line waits for an acknowledgement.
    let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, rejections)
}

async fn open_socket(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

fn request(address: SocketAddr) -> Request<Empty<Bytes>> {
    let request = Request::get(format!("http://{address}/"))
        .header("host", address.to_string())
        .header("accept", "text/event-stream");
    request.body(Empty::new()).unwrap()
}

/// Sends a request over a connection of its own.
async fn send_alone(address: SocketAddr) -> (Sent, JoinHandle<hyper::Result<()>>) {
    let io = TokioIo::new(open_socket(address).await);
    let (mut sender, connection) = conn::http1::handshake(io).await.unwrap();
    let connection = tokio::spawn(connection);
    let sent = tokio::spawn(async move { sender.send_request(request(address)).await });
    (sent, connection)
}

/// Connects by HTTP/2, and returns what sends a request over that connection.
async fn connect(address: SocketAddr) -> impl Fn() -> Sent {
    let io = TokioIo::new(open_socket(address).await);
    let connected = conn::http2::handshake(TokioExecutor::new(), io).await;
    let (sender, connection) = connected.unwrap();
    tokio::spawn(connection);
    move || {
        let mut sender = sender.clone();
        tokio::spawn(async move { sender.send_request(request(address)).await })
    }
}

/// Waits for the first line of a stream, which shows that it is open.
async fn open(sent: Sent) -> Response<Incoming> {
    let mut response = sent.await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    let frame = response.body_mut().frame().await.unwrap().unwrap();
    assert!(frame.into_data().unwrap().starts_with(b"retry: "));
    response
}

#[tokio::test]
async fn are_not_rejected_over_http_1_1() {
    let (address, rejections) = serve(waits()).await;
    let (sent, mut connection) = send_alone(address).await;
    let mut old = open(sent).await;
    for _ in 0..RELOADS {
        // The new request is on its way when the old connection is closed.
        let (sent, next) = send_alone(address).await;
        connection.abort();
        drop(old);
        old = open(sent).await;
        connection = next;
    }
    assert_eq!(rejections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn are_not_rejected_over_http_2() {
    let (address, rejections) = serve(waits()).await;
    let send = connect(address).await;
    let mut old = open(send()).await;
    for _ in 0..RELOADS {
        let sent = send();
        tokio::task::yield_now().await;
        drop(old);
        old = open(sent).await;
    }
    assert_eq!(rejections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn wait_for_an_old_stream_that_is_yet_open_over_http_1_1() {
    let (address, rejections) = serve(waits()).await;
    let (sent, connection) = send_alone(address).await;
    let old = open(sent).await;
    let (sent, _connection) = send_alone(address).await;
    sleep(OVERLAP).await;
    assert!(!sent.is_finished());
    connection.abort();
    drop(old);
    open(sent).await;
    assert_eq!(rejections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn wait_for_an_old_stream_that_is_yet_open_over_http_2() {
    let (address, rejections) = serve(waits()).await;
    let send = connect(address).await;
    let old = open(send()).await;
    let sent = send();
    sleep(OVERLAP).await;
    assert!(!sent.is_finished());
    drop(old);
    open(sent).await;
    assert_eq!(rejections.load(Ordering::Relaxed), 0);
}

/// What the tests above would see if nothing waited.
#[tokio::test]
async fn are_rejected_without_a_wait_over_http_1_1() {
    let (address, rejections) = serve(decides_at_once()).await;
    let (sent, _connection) = send_alone(address).await;
    let old = open(sent).await;
    let (sent, _connection) = send_alone(address).await;
    let rejected = sent.await.unwrap().unwrap();
    assert_eq!(rejected.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(rejections.load(Ordering::Relaxed), 1);
    drop(old);
}

#[tokio::test]
async fn are_rejected_without_a_wait_over_http_2() {
    let (address, rejections) = serve(decides_at_once()).await;
    let send = connect(address).await;
    let old = open(send()).await;
    let rejected = send().await.unwrap().unwrap();
    assert_eq!(rejected.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(rejections.load(Ordering::Relaxed), 1);
    drop(old);
}

#[tokio::test]
async fn are_distinguished_from_a_second_stream() {
    let (address, rejections) = serve(waits()).await;
    let send = connect(address).await;
    let _open = open(send()).await;
    let rejected = send().await.unwrap().unwrap();
    assert_eq!(rejected.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(rejections.load(Ordering::Relaxed), 1);
}
