//! hyper's clients.

use std::net::{Shutdown, SocketAddr};

use bytes::Bytes;
use http::{Method, Request, Response, Version, header::HOST};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, task::JoinHandle};

use crate::guard;

pub(crate) const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

/// A connection. It stays open while this lives, whatever becomes of its responses.
pub(crate) struct Client {
    address: SocketAddr,
    sender: Sender,
    connection: JoinHandle<hyper::Result<()>>,
    /// The same socket, because hyper's HTTP/2 connection lives in a task out of reach.
    socket: std::net::TcpStream,
}

enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

impl Client {
    pub(crate) async fn connect(version: Version, address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        let socket = socket.into_std().unwrap();
        let same = socket.try_clone().unwrap();
        let io = TokioIo::new(TcpStream::from_std(socket).unwrap());
        let (sender, connection) = if version == Version::HTTP_2 {
            let handshake = http2::handshake(TokioExecutor::new(), io);
            let (sender, connection) = guard(handshake).await.unwrap();
            (Sender::Http2(sender), tokio::spawn(connection))
        } else {
            let (sender, connection) = guard(http1::handshake(io)).await.unwrap();
            (Sender::Http1(sender), tokio::spawn(connection))
        };
        Self {
            address,
            sender,
            connection,
            socket: same,
        }
    }

    pub(crate) async fn send(&mut self, method: Method) -> Response<Incoming> {
        let request = Request::builder().method(method);
        let sent = match &mut self.sender {
            Sender::Http1(sender) => {
                let request = request.header(HOST, "localhost").body(Empty::new());
                guard(sender.send_request(request.unwrap())).await
            }
            Sender::Http2(sender) => {
                let request = request.uri(format!("http://{}/", self.address));
                guard(sender.send_request(request.body(Empty::new()).unwrap())).await
            }
        };
        sent.expect("the head arrives")
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.connection.is_finished()
    }

    /// Closes the connection without a word of HTTP.
    pub(crate) fn vanish(&self) {
        self.socket.shutdown(Shutdown::Both).unwrap();
    }
}

/// Connects, and gets one response.
pub(crate) async fn get(version: Version, address: SocketAddr) -> (Client, Response<Incoming>) {
    let mut client = Client::connect(version, address).await;
    let response = client.send(Method::GET).await;
    (client, response)
}

/// Reads so many bytes, and discards what came with them.
pub(crate) async fn read(body: &mut Incoming, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        let frame = guard(body.frame()).await.expect("there is more").unwrap();
        text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    text.truncate(length);
    text
}

/// Reads to the end, and returns how the body ended.
pub(crate) async fn read_all(body: &mut Incoming) -> (String, hyper::Result<()>) {
    let mut text = String::new();
    while let Some(frame) = guard(body.frame()).await {
        match frame {
            Ok(frame) => text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap()),
            Err(error) => return (text, Err(error)),
        }
    }
    (text, Ok(()))
}
