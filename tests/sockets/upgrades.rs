//! Connections that are upgraded after they carried a stream.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures::stream;
use http::{Request, Response, StatusCode, header::UPGRADE};
use http_body_util::Empty;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc::unbounded_channel,
    time::timeout,
};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sse::{Event, EventStream, Socket, SseLayer, TcpOptions};

use crate::{guard, server::listen};

const TIMEOUT: Duration = Duration::from_millis(200);

/// Serves a stream of one event, or upgrades the connection and writes for a client that reads
/// nothing for a while. Returns how the writes end.
async fn serve(tcp: TcpStream) -> std::io::Result<()> {
    let (done, mut ends) = unbounded_channel();
    let layer = SseLayer::new()
        .socket(TcpOptions::empty().notsent_lowat(16 * 1024))
        .stall_timeout(TIMEOUT)
        .stall_rate(u32::MAX);
    let streams = layer.layer(service_fn(async |_: Request<Incoming>| {
        let events = stream::iter([Event::new("hello")]);
        Ok::<_, Infallible>(EventStream::new(events))
    }));
    let socket = Socket::new(tcp);
    let service = socket
        .handle()
        .layer(service_fn(move |mut request: Request<Incoming>| {
            let upgrades = request.headers().contains_key(UPGRADE);
            let done = upgrades.then(|| done.clone());
            let mut streams = streams.clone();
            async move {
                let Some(done) = done else {
                    let response = streams.ready().await?.call(request).await?;
                    return Ok::<_, Infallible>(response.map(axum::body::Body::new));
                };
                tokio::spawn(async move {
                    let upgraded = hyper::upgrade::on(&mut request).await.unwrap();
                    let mut io = TokioIo::new(upgraded);
                    let mut early = [0; 5];
                    io.read_exact(&mut early).await.unwrap();
                    assert_eq!(&early, b"early");
                    let _ = done.send(io.write_all(&vec![0; 8 << 20]).await);
                });
                let mut response = Response::new(axum::body::Body::new(Empty::<Bytes>::new()));
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                response
                    .headers_mut()
                    .insert(UPGRADE, "bytes".parse().unwrap());
                Ok(response)
            }
        }));
    let service = TowerToHyperService::new(service);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    connection.with_upgrades().await.unwrap();
    ends.recv().await.unwrap()
}

#[tokio::test]
async fn one_is_not_cut_when_its_client_does_not_read() {
    const STREAM: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const UPGRADES: &[u8] =
        b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: bytes\r\n\r\nearly";

    let (listener, address) = listen("127.0.0.1").await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let server = tokio::spawn(serve(listener.accept().await.unwrap().0));
    client.write_all(STREAM).await.unwrap();
    read_to(&mut client, "\r\n0\r\n\r\n").await;
    client.write_all(UPGRADES).await.unwrap();
    read_to(&mut client, "\r\n\r\n").await;

    let mut server = std::pin::pin!(server);
    assert!(timeout(3 * TIMEOUT, &mut server).await.is_err(), "it waits");
    let mut bytes = vec![0; 8 << 20];
    guard(client.read_exact(&mut bytes)).await.unwrap();
    guard(server).await.unwrap().unwrap();
}

/// Reads byte by byte, so that nothing of what follows is read.
async fn read_to(client: &mut TcpStream, end: &str) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        bytes.push(guard(client.read_u8()).await.unwrap());
    }
}
