//! Unix-domain sockets, which have none of these options.

use std::io::ErrorKind;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::{client::conn::http1, server::conn::http1::Builder};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};
use tower::{Layer, service_fn};
use tower_sse::{Event, EventStream, Preamble, Socket, SseLayer, TcpOptions};

use crate::{
    guard,
    requests::{TIMEOUT, impatient, open},
};

#[tokio::test]
async fn setting_them_is_an_error() {
    let (one, _other) = UnixStream::pair().unwrap();
    let none = TcpOptions::empty();
    none.apply(&one).unwrap();
    for options in [
        TcpOptions::new(),
        none.nodelay(true),
        none.keep_alive(TIMEOUT),
    ] {
        assert!(options.apply(&one).is_err(), "{options:?}");
    }
    if cfg!(target_os = "linux") {
        assert!(none.user_timeout(TIMEOUT).apply(&one).is_err());
        assert!(none.notsent_lowat(9).apply(&one).is_err());
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_they_do_have_is_set() {
    let (one, _other) = UnixStream::pair().unwrap();
    let options = TcpOptions::new().send_buffer_size(60_000);
    assert!(options.apply(&one).is_err());
    let size = SockRef::from(&one).send_buffer_size().unwrap();
    assert_eq!(size, 120_000, "with the system's bookkeeping");
}

#[tokio::test(start_paused = true)]
async fn they_are_aborted_when_their_peers_do_not_read() {
    let (server, mut client) = UnixStream::pair().unwrap();
    let mut socket = Socket::new(server);
    let _response = open(&socket, &impatient()).await;
    let error = guard(socket.write_all(&[0; 1 << 24])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    drop(socket);
    let mut bytes = Vec::new();
    guard(client.read_to_end(&mut bytes)).await.unwrap();
    assert!((1..1 << 24).contains(&bytes.len()));
}

#[tokio::test]
async fn they_carry_streams() {
    let (server, client) = UnixStream::pair().unwrap();
    let socket = Socket::new(server);
    let layer = SseLayer::with_timer(TokioTimer::new())
        .preamble(Preamble::off())
        .socket(TcpOptions::new())
        .stall_timeout(TIMEOUT);
    let service = layer.layer(service_fn(async |_: Request<_>| {
        let events = futures::stream::iter([Event::new("hello")]);
        Ok::<_, std::convert::Infallible>(EventStream::new(events))
    }));
    let service = TowerToHyperService::new(socket.handle().layer(service));
    tokio::spawn(Builder::new().serve_connection(TokioIo::new(socket), service));

    let handshake = http1::handshake(TokioIo::new(client));
    let (mut sender, connection) = guard(handshake).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("/").body(Empty::<Bytes>::new()).unwrap();
    let response = guard(sender.send_request(request)).await.unwrap();
    let body = guard(response.into_body().collect()).await.unwrap();
    assert_eq!(body.to_bytes(), "data: hello\n\n");
}
