//! Clients of HTTP/2 that do not read: what the stall timeout sees of them, and hyper's pings.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use futures::StreamExt;
use http::Response;
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    sync::mpsc::UnboundedReceiver,
    time::{Instant, interval},
};
use tokio_stream::wrappers::IntervalStream;
use tower_sse::{CloseReason, Event, EventStream, SseLayer, StreamSummary, TcpOptions};

use crate::{
    client::{Client, read},
    endless::{Endless, endless},
    frames::{Windows, ask, ends_with_goaway},
    guard,
    server::Server,
    watch,
};

const TIMEOUT: Duration = Duration::from_millis(100);

const MEBIBYTE: usize = 1 << 20;

struct World {
    address: SocketAddr,
    closes: UnboundedReceiver<StreamSummary>,
    /// Of connections.
    ends: UnboundedReceiver<()>,
    endless: Endless,
}

impl World {
    /// Serves `/endless` and `/ticks`.
    async fn new(server: Server, layer: SseLayer) -> Self {
        let (layer, closes) = watch(layer);
        let (server, ends) = server.report_ends();
        let (route, endless) = endless();
        let ticks = async || {
            let ticks = IntervalStream::new(interval(Duration::from_millis(10)));
            Response::from(EventStream::new(ticks.map(|_| Event::new("tick"))))
        };
        let app = Router::new()
            .route("/endless", route)
            .route("/ticks", get(ticks));
        let address = server.serve(app.layer(layer)).await;
        Self {
            address,
            closes,
            ends,
            endless,
        }
    }

    /// Waits for the end of the stream, and returns the reason.
    async fn close(&mut self) -> CloseReason {
        let summary = guard(self.closes.recv()).await.unwrap();
        self.endless.dropped().await;
        summary.reason
    }
}

/// Returns a layer whose timeout no step of the system makes longer.
fn impatient(timeout: Duration) -> SseLayer {
    SseLayer::new().stall_timeout(timeout).stall_rate(u32::MAX)
}

/// Reads to the end of a connection.
async fn read_to_end(mut client: TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    guard(client.read_to_end(&mut bytes)).await?;
    Ok(bytes)
}

#[tokio::test]
async fn one_that_does_not_read_its_socket_is_cut_off() {
    let options = TcpOptions::empty().notsent_lowat(16 * 1024);
    let layer = impatient(TIMEOUT).socket(options);
    let mut world = World::new(Server::new(None), layer).await;
    let client = ask(Windows::Large, world.address).await;
    assert_eq!(world.close().await, CloseReason::Stalled);
    guard(world.ends.recv()).await.unwrap();
    let reset = read_to_end(client).await.unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(world.endless.bytes() < MEBIBYTE);
}

/// What the documentation of `stall_timeout` says that it does not see.
#[tokio::test]
async fn a_stream_that_gets_no_window_stays_while_another_goes_on() {
    let layer = impatient(TIMEOUT);
    let mut world = World::new(Server::new(None), layer).await;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(20_000);
    let tcp = TcpStream::connect(world.address).await.unwrap();
    let mut client = Client::http2(builder, TokioIo::new(tcp)).await;

    let start = Instant::now();
    let stuck = client.get("/endless").await;
    let mut ticks = client.get("/ticks").await.into_body();
    while start.elapsed() < 5 * TIMEOUT {
        read(&mut ticks).await;
    }
    assert!(!world.endless.is_dropped());
    assert!(world.closes.is_empty());
    assert!(world.endless.bytes() < MEBIBYTE);
    drop(stuck);
    assert_eq!(world.close().await, CloseReason::ClientGone);
}

/// It has taken as much as it said, so there is room in the socket for pings.
#[tokio::test]
async fn one_whose_windows_are_used_up_stays_until_it_does_not_answer_pings() {
    let layer = impatient(TIMEOUT);
    let server = Server::new(None).ping(2 * TIMEOUT);
    let mut world = World::new(server, layer).await;
    let start = Instant::now();
    let client = ask(Windows::Default, world.address).await;
    assert_eq!(world.close().await, CloseReason::ClientGone);
    assert!(start.elapsed() >= 4 * TIMEOUT);
    guard(world.ends.recv()).await.unwrap();
    assert!(ends_with_goaway(&read_to_end(client).await.unwrap()));
}

/// hyper waits until it can say so to the client.
#[tokio::test]
async fn pings_end_the_streams_of_a_full_socket_but_not_the_connection() {
    let server = Server::new(None).ping(TIMEOUT);
    let mut world = World::new(server, SseLayer::new()).await;
    let client = ask(Windows::Large, world.address).await;
    assert_eq!(world.close().await, CloseReason::ClientGone);
    assert!(world.ends.is_empty());
    assert!(ends_with_goaway(&read_to_end(client).await.unwrap()));
    guard(world.ends.recv()).await.unwrap();
}

#[tokio::test]
async fn the_stall_timeout_ends_the_connection_then() {
    let layer = impatient(15 * TIMEOUT);
    let server = Server::new(None).ping(TIMEOUT);
    let mut world = World::new(server, layer).await;
    let client = ask(Windows::Large, world.address).await;
    assert_eq!(world.close().await, CloseReason::ClientGone);
    guard(world.ends.recv()).await.unwrap();
    let reset = read_to_end(client).await.unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
}
