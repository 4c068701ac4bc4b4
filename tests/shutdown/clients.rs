//! Clients of HTTP/1.1 that open a stream and wait for its end, reading every byte themselves.

use std::{collections::HashSet, net::SocketAddr};

use futures::{StreamExt, future::join_all, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::guard;

/// How many connect at once: fewer than a listener's backlog holds.
const CONNECTING: usize = 100;

/// Asks for a path, over a connection of its own.
pub(crate) async fn ask(path: &str, address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let accept = "accept: text/event-stream";
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{accept}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// A client whose stream is open.
pub(crate) struct Client {
    socket: TcpStream,
    text: String,
}

/// Opens streams, and waits until each has got its first line.
pub(crate) async fn open(count: usize, address: SocketAddr) -> Vec<Client> {
    let clients = stream::iter(0..count).map(|_| Client::open("/sse", address));
    guard(clients.buffer_unordered(CONNECTING).collect()).await
}

/// Waits for the ends of streams, and returns the `retry` that each said last.
pub(crate) async fn ends(clients: Vec<Client>) -> Vec<u32> {
    guard(join_all(clients.into_iter().map(Client::end))).await
}

/// The same where the server keeps the connections open.
pub(crate) async fn ends_of_streams(clients: Vec<Client>) -> Vec<u32> {
    guard(join_all(clients.into_iter().map(Client::end_of_stream))).await
}

/// Checks that clients do not all come back at the same time.
#[track_caller]
pub(crate) fn assert_spread(retries: &[u32]) {
    assert!(retries.iter().all(|time| (2000..=10_000).contains(time)));
    // Of 1,000 draws among 8,001 some 60 are expected to have been drawn before, of 10,000 a half.
    let distinct: HashSet<_> = retries.iter().collect();
    let expected = retries.len().min(4000) * 8 / 10;
    let distinct = distinct.len();
    assert!(distinct >= expected, "{distinct} of {}", retries.len());
}

/// Returns the times of a stream that says when to come back as it opens and as it ends.
#[track_caller]
pub(crate) fn retries(body: &str) -> (u32, u32) {
    let times = body.split_once('\n').and_then(|(first, last)| {
        let first = first.strip_prefix("retry: ")?.parse().ok()?;
        Some((first, last_retry(last)?))
    });
    times.unwrap_or_else(|| panic!("no stream of two retries: {body:?}"))
}

/// Returns the time in an event that says nothing but when to come back.
pub(crate) fn last_retry(event: &str) -> Option<u32> {
    let time = event.strip_prefix("event: tower-sse.retry\nretry: ")?;
    time.strip_suffix("\ndata: \n\n")?.parse().ok()
}

impl Client {
    /// Asks for a stream.
    pub(crate) async fn ask(path: &str, address: SocketAddr) -> Self {
        let socket = ask(path, address).await;
        let text = String::new();
        Self { socket, text }
    }

    pub(crate) async fn open(path: &str, address: SocketAddr) -> Self {
        let mut client = Self::ask(path, address).await;
        client.read_past("retry: ", "\n\r\n").await;
        assert!(client.text.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(!client.text.contains("\r\n0\r\n"), "it has ended");
        client
    }

    /// Reads until two texts have come, one after the other.
    pub(crate) async fn read_past(&mut self, first: &str, then: &str) {
        while !(self.text.split_once(first)).is_some_and(|(_, rest)| rest.contains(then)) {
            let mut bytes = [0; 1024];
            let count = self.socket.read(&mut bytes).await.unwrap();
            assert_ne!(count, 0, "closed after {:?}", self.text);
            self.text += std::str::from_utf8(&bytes[..count]).unwrap();
        }
    }

    /// Waits for the end of the stream, and of the connection. Returns the body.
    pub(crate) async fn body(mut self) -> String {
        let end = self.socket.read_to_string(&mut self.text).await;
        end.unwrap_or_else(|error| panic!("broken ({error}) after {:?}", self.text));
        let (head, chunks) = self.text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\ntransfer-encoding: chunked"), "{head}");
        unchunk(chunks).unwrap_or_else(|| panic!("no clean end: {chunks:?}"))
    }

    async fn end(self) -> u32 {
        retries(&self.body().await).1
    }

    /// Waits for the end of the stream, whose connection stays open. Returns the last `retry`.
    async fn end_of_stream(mut self) -> u32 {
        self.read_past("\r\n\r\n", "\r\n0\r\n\r\n").await;
        let (_, chunks) = self.text.split_once("\r\n\r\n").unwrap();
        retries(&unchunk(chunks).unwrap()).1
    }
}

/// Takes chunks apart (RFC 9112, 7.1), if they are whole and nothing follows the last.
fn unchunk(mut rest: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, chunk) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        let (data, next) = (chunk.get(..size)?, chunk.get(size..)?);
        body += data;
        rest = next.strip_prefix("\r\n")?;
        if size == 0 {
            return rest.is_empty().then_some(body);
        }
    }
}
