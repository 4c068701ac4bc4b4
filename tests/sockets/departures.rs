//! Clients that send more than a request, and then leave or stay.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::Response;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower::{Layer, Service, service_fn};
use tower_sse::{CloseReason, Event, EventStream, Heartbeat, Socket, SseLayer, StreamSummary};

use crate::{
    guard,
    server::{Server, listen},
    tls, watch,
};

const GET: &str = "GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n";
const POST: &str = "POST /sse HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nbody";
const PAGE: &str = "GET /page HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Long enough for a server to notice something, or for a test to see that it does not.
const WHILE: Duration = Duration::from_millis(300);

struct World {
    address: SocketAddr,
    closes: UnboundedReceiver<StreamSummary>,
    streams: UnboundedReceiver<UnboundedSender<Event>>,
}

impl World {
    /// Serves streams that say hello, what a test sends, and nothing else.
    async fn new(server: Server) -> Self {
        let (layer, closes) = watch(SseLayer::new().heartbeat(Heartbeat::off()));
        let (opened, streams) = unbounded_channel();
        let handler = async move |_: Bytes| {
            let (sender, events) = unbounded_channel();
            sender.send(Event::new("hello")).unwrap();
            opened.send(sender).unwrap();
            let events = UnboundedReceiverStream::new(events);
            Response::from(EventStream::new(events.chain(stream::empty())))
        };
        let app = Router::new()
            .route("/sse", get(handler.clone()))
            .route("/sse", post(handler))
            .route("/page", get(async || "a page"));
        let address = server.serve(app.layer(layer)).await;
        Self {
            address,
            closes,
            streams,
        }
    }

    /// Sends a request for a stream, together with other bytes. Returns the connection when the
    /// stream is open, and what the stream is sent by.
    async fn open(&mut self, request: &str, extra: &[u8]) -> (TcpStream, UnboundedSender<Event>) {
        let mut tcp = TcpStream::connect(self.address).await.unwrap();
        let sender = self.open_over(&mut tcp, request, extra).await;
        (tcp, sender)
    }

    async fn open_over<I: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        io: &mut I,
        request: &str,
        extra: &[u8],
    ) -> UnboundedSender<Event> {
        let bytes = [request.as_bytes(), extra].concat();
        io.write_all(&bytes).await.unwrap();
        io.flush().await.unwrap();
        read_until(io, "data: hello\n\n").await;
        guard(self.streams.recv()).await.unwrap()
    }

    async fn assert_gone(&mut self) {
        let summary = timeout(10 * WHILE, self.closes.recv()).await;
        let summary = summary.expect("the server does not notice").unwrap();
        assert_eq!(summary.reason, CloseReason::ClientGone);
    }

    async fn assert_stays(&mut self) {
        assert!(timeout(WHILE, self.closes.recv()).await.is_err());
    }
}

async fn read_until<I: AsyncRead + Unpin>(io: &mut I, end: &str) {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 1024];
        let length = guard(io.read(&mut bytes)).await.unwrap();
        assert_ne!(length, 0, "after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
    }
}

/// As many bytes as a client may send after a request.
const EXTRAS: [usize; 4] = [1, 2, 1000, 60_000];

#[tokio::test]
async fn a_client_that_sent_bytes_with_its_request_is_missed_when_it_leaves() {
    let mut world = World::new(Server::new(None)).await;
    for request in [GET, POST] {
        for extra in EXTRAS {
            println!("{request:?} and {extra} bytes");
            let (tcp, _sender) = world.open(request, &vec![b'x'; extra]).await;
            sleep(WHILE / 10).await;
            drop(tcp);
            world.assert_gone().await;
        }
    }
}

#[tokio::test]
async fn so_is_one_that_sent_them_later() {
    let mut world = World::new(Server::new(None)).await;
    for request in [GET, POST] {
        for extra in EXTRAS {
            println!("{request:?} and {extra} bytes");
            let (mut tcp, _sender) = world.open(request, b"").await;
            tcp.write_all(&vec![b'x'; extra]).await.unwrap();
            sleep(WHILE / 10).await;
            drop(tcp);
            world.assert_gone().await;
        }
    }
}

#[tokio::test]
async fn blank_lines_and_whole_requests_are_bytes_too() {
    let mut world = World::new(Server::new(None)).await;
    for extra in ["\r\n", "\r\n\r\n", PAGE, GET] {
        let (tcp, _sender) = world.open(GET, extra.as_bytes()).await;
        drop(tcp);
        world.assert_gone().await;
        let (mut tcp, _sender) = world.open(GET, b"").await;
        tcp.write_all(extra.as_bytes()).await.unwrap();
        drop(tcp);
        world.assert_gone().await;
    }
}

#[tokio::test]
async fn one_that_sent_none_is_missed_as_before() {
    let mut world = World::new(Server::new(None)).await;
    for request in [GET, POST] {
        let (tcp, _sender) = world.open(request, b"").await;
        drop(tcp);
        world.assert_gone().await;
    }
}

#[tokio::test]
async fn so_is_one_whose_request_came_in_pieces() {
    let mut world = World::new(Server::new(None)).await;
    for split in [1, 30, GET.len() - 3, GET.len() - 2, GET.len() - 1] {
        let mut tcp = TcpStream::connect(world.address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        tcp.write_all(&GET.as_bytes()[..split]).await.unwrap();
        sleep(WHILE / 10).await;
        let _sender = world.open_over(&mut tcp, &GET[split..], b"xx").await;
        drop(tcp);
        world.assert_gone().await;
    }
}

#[tokio::test]
async fn so_is_one_over_tls() {
    let (acceptor, connector) = tls::ends("http/1.1");
    let mut world = World::new(Server::new(Some(acceptor))).await;
    let mut stream = tls::connect(connector, world.address).await;
    let _sender = world.open_over(&mut stream, GET, b"").await;
    stream.write_all(b"xx").await.unwrap();
    stream.flush().await.unwrap();
    sleep(WHILE / 10).await;
    drop(stream);
    world.assert_gone().await;
}

#[tokio::test]
async fn so_is_one_of_a_layer_that_counts_nothing() {
    let (dropped, mut drops) = unbounded_channel();
    let handler = async move || {
        let hello = stream::iter([Event::new("hello")]).chain(stream::pending());
        let stream = EventStream::new(hello).on_drop(move || {
            let _ = dropped.send(());
        });
        Response::from(stream)
    };
    let layer = SseLayer::new().heartbeat(Heartbeat::off());
    let app = Router::new().route("/sse", get(handler)).layer(layer);
    let address = Server::new(None).serve(app).await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let request = format!("{GET}xx");
    tcp.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut tcp, "data: hello\n\n").await;
    drop(tcp);
    guard(drops.recv()).await.unwrap();
}

/// Where hyper calls the service itself, rather than through hyper-util, it does so sooner.
#[tokio::test]
async fn so_is_one_of_a_service_that_is_called_at_once() {
    for request in [GET, POST] {
        for (half_close, extra) in [(false, "xx"), (false, PAGE), (true, ""), (true, "xx")] {
            let (layer, mut closes) = watch(SseLayer::new().heartbeat(Heartbeat::off()));
            let (listener, address) = listen("127.0.0.1").await;
            let mut client = TcpStream::connect(address).await.unwrap();
            let socket = Socket::new(listener.accept().await.unwrap().0);
            let service = service_fn(async |_: http::Request<Incoming>| {
                let hello = stream::iter([Event::new("hello")]);
                Ok::<_, Infallible>(EventStream::new(hello.chain(stream::pending())))
            });
            let service = socket.handle().layer(layer.layer(service));
            let service = hyper::service::service_fn(move |request| service.clone().call(request));
            tokio::spawn(async move {
                let mut builder = http1::Builder::new();
                builder.half_close(half_close);
                let served = builder.serve_connection(TokioIo::new(socket), service);
                let _ = served.await;
            });
            let bytes = [request, extra].concat();
            client.write_all(bytes.as_bytes()).await.unwrap();
            read_until(&mut client, "data: hello\n\n").await;
            client.shutdown().await.unwrap();
            let long = if half_close { WHILE } else { 10 * WHILE };
            let closed = timeout(long, closes.recv()).await;
            assert_eq!(closed.is_err(), half_close, "{request:?}, {extra:?}");
        }
    }
}

#[tokio::test]
async fn one_that_stays_gets_the_answer_to_its_next_request() {
    let mut world = World::new(Server::new(None)).await;
    for request in [GET, POST] {
        for later in [false, true] {
            let extra = if later { "" } else { PAGE };
            let (mut tcp, sender) = world.open(request, extra.as_bytes()).await;
            if later {
                tcp.write_all(PAGE.as_bytes()).await.unwrap();
            }
            world.assert_stays().await;
            sender.send(Event::new("more")).unwrap();
            read_until(&mut tcp, "data: more\n\n").await;
            drop(sender);
            read_until(&mut tcp, "a page").await;
            let summary = guard(world.closes.recv()).await.unwrap();
            assert_eq!(summary.reason, CloseReason::Completed);
            // And another, and a stream again.
            tcp.write_all(PAGE.as_bytes()).await.unwrap();
            read_until(&mut tcp, "a page").await;
            let sender = world.open_over(&mut tcp, request, b"xx").await;
            drop(tcp);
            world.assert_gone().await;
            drop(sender);
        }
    }
}

#[tokio::test]
async fn many_requests_at_once_are_answered_in_their_order() {
    let mut world = World::new(Server::new(None)).await;
    let requests = [PAGE, PAGE, POST, GET, PAGE].concat();
    let mut tcp = TcpStream::connect(world.address).await.unwrap();
    tcp.write_all(requests.as_bytes()).await.unwrap();
    read_until(&mut tcp, "a page").await;
    for _ in 0..2 {
        drop(guard(world.streams.recv()).await.unwrap());
        let summary = guard(world.closes.recv()).await.unwrap();
        assert_eq!(summary.reason, CloseReason::Completed);
    }
    read_until(&mut tcp, "a page").await;
}

#[tokio::test]
async fn with_half_close_one_that_ends_its_half_is_not_missed() {
    let mut world = World::new(Server::new(None).half_close()).await;
    for request in [GET, POST] {
        for extra in ["", "xx", PAGE] {
            for keep_alive in [false, true] {
                let mut tcp = TcpStream::connect(world.address).await.unwrap();
                if keep_alive {
                    tcp.write_all(PAGE.as_bytes()).await.unwrap();
                    read_until(&mut tcp, "a page").await;
                }
                let sender = world.open_over(&mut tcp, request, extra.as_bytes()).await;
                tcp.shutdown().await.unwrap();
                world.assert_stays().await;
                sender.send(Event::new("more")).unwrap();
                read_until(&mut tcp, "data: more\n\n").await;
                drop(sender);
                let summary = guard(world.closes.recv()).await.unwrap();
                assert_eq!(summary.reason, CloseReason::Completed);
                if extra == PAGE {
                    read_until(&mut tcp, "a page").await;
                }
            }
        }
    }
}
