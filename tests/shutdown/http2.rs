//! Clients of HTTP/2, without TLS.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinHandle};

use crate::guard;

pub(crate) struct Connection {
    sender: http2::SendRequest<Empty<Bytes>>,
    /// Ends with the connection.
    pub(crate) task: JoinHandle<hyper::Result<()>>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let handshake = http2::handshake(TokioExecutor::new(), io);
        let (sender, connection) = guard(handshake).await.unwrap();
        let task = tokio::spawn(connection);
        Self { sender, task }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response<Incoming> {
        let request = Request::get(format!("http://localhost{path}"));
        let request = request.header("accept", "text/event-stream");
        let sent = self
            .sender
            .send_request(request.body(Empty::new()).unwrap());
        let response = guard(sent).await.unwrap();
        assert_eq!(response.status(), 200);
        response
    }

    /// Opens a stream, and waits for its first line.
    pub(crate) async fn stream(&mut self) -> Stream {
        let mut body = self.get("/sse").await.into_body();
        let first = guard(body.frame()).await.unwrap().unwrap();
        let first = first.into_data().unwrap().to_vec();
        let first = String::from_utf8(first).unwrap();
        Stream { body, first }
    }
}

/// A stream that is open.
pub(crate) struct Stream {
    body: Incoming,
    first: String,
}

impl Stream {
    /// Waits for the end, and returns the whole body.
    pub(crate) async fn end(self) -> String {
        self.first + &body(self.body).await
    }
}

/// Waits for the end of a body, and returns all of it.
pub(crate) async fn body(body: impl Body<Data = Bytes, Error = hyper::Error>) -> String {
    let whole = guard(body.collect()).await.expect("a clean end");
    String::from_utf8(whole.to_bytes().to_vec()).unwrap()
}

/// Asks for a path of four bytes, as HTTP/2 does over a connection of its own, with windows as large
/// as can be.
pub(crate) async fn ask(path: &[u8; 4], address: SocketAddr) -> TcpStream {
    /// Length, type, flags and stream of a frame, then what is in it (RFC 9113).
    const SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff";
    const WINDOW_UPDATE: &[u8] = b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\0\0";
    const HEADERS: &[u8] = b"\0\0\x27\x01\x05\0\0\0\x01";
    // GET and http are in the static table (RFC 7541, A), and so are the names of the others.
    const METHOD_SCHEME: &[u8] = b"\x82\x86";
    const AUTHORITY: &[u8] = b"\x01\x09localhost";
    const ACCEPT: &[u8] = b"\x0f\x04\x11text/event-stream";
    const PATH: &[u8] = b"\x04\x04";

    let request = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        SETTINGS,
        WINDOW_UPDATE,
        HEADERS,
        METHOD_SCHEME,
        AUTHORITY,
        PATH,
        path,
        // After those that begin with a colon (RFC 9113, 8.3).
        ACCEPT,
    ];
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&request.concat()).await.unwrap();
    socket
}
