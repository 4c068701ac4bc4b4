//! Clients that open a stream anew before the server has noticed that they closed the old one, as
//! a browser does that reloads a page, where no second stream may be open.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, routing::get};
use bytes::Bytes;
use futures::stream;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower_sse::{Event, EventStream, Refuse, SseLayer};

const RELOADS: usize = 1000;

/// Serves streams that never end, one at a time. Returns the address and the count of refusals.
async fn serve() -> (SocketAddr, Arc<AtomicUsize>) {
    let refusals = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&refusals);
    let layer = SseLayer::with_timer(TokioTimer::new())
        .max_streams(1, Refuse::with(StatusCode::TOO_MANY_REQUESTS))
        .on_refuse(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    let silence = async || Response::from(EventStream::new(stream::pending::<Event>()));
    let app = Router::new().route("/", get(silence)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, refusals)
}

fn request(address: SocketAddr) -> Request<Empty<Bytes>> {
    let request = Request::get(format!("http://{address}/"))
        .header("host", address.to_string())
        .header("accept", "text/event-stream");
    request.body(Empty::new()).unwrap()
}

/// Waits for the first line of a stream, which shows that it is open.
async fn open(mut response: Response<Incoming>) -> Response<Incoming> {
    assert_eq!(response.status(), 200);
    let frame = response.body_mut().frame().await.unwrap().unwrap();
    assert!(frame.into_data().unwrap().starts_with(b"retry: "));
    response
}

#[tokio::test]
async fn are_not_refused_over_http_1_1() {
    let (address, refusals) = serve().await;
    let connect = async || {
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (mut sender, connection) = conn::http1::handshake(io).await.unwrap();
        let connection = tokio::spawn(connection);
        let sent = tokio::spawn(async move { sender.send_request(request(address)).await });
        (sent, connection)
    };
    let (sent, mut connection) = connect().await;
    let mut old = open(sent.await.unwrap().unwrap()).await;
    for _ in 0..RELOADS {
        // The new request is on its way when the old connection is closed.
        let (sent, next) = connect().await;
        connection.abort();
        drop(old);
        old = open(sent.await.unwrap().unwrap()).await;
        connection = next;
    }
    assert_eq!(refusals.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn are_not_refused_over_http_2() {
    let (address, refusals) = serve().await;
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let send = || {
        let mut sender = sender.clone();
        tokio::spawn(async move { sender.send_request(request(address)).await })
    };
    let mut old = open(send().await.unwrap().unwrap()).await;
    for _ in 0..RELOADS {
        let sent = send();
        tokio::task::yield_now().await;
        drop(old);
        old = open(sent.await.unwrap().unwrap()).await;
    }
    assert_eq!(refusals.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn are_told_from_a_second_stream() {
    let (address, refusals) = serve().await;
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request(address)).await.unwrap();
    let _open = open(response).await;
    let refused = sender.send_request(request(address)).await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refusals.load(Ordering::Relaxed), 1);
}
