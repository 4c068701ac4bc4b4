//! Clients of HTTP/1.1 that read every byte themselves.

use std::{collections::VecDeque, io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{
    decode::{Chunks, Events, Seen},
    guard,
};

/// How much is read at once.
pub(crate) const PIECE: usize = 16 * 1024;

/// Sends a request that has, perhaps, an id. It is sent as it is.
pub(crate) async fn ask(
    socket: TcpSocket,
    address: SocketAddr,
    path: &str,
    last_event_id: Option<&[u8]>,
) -> io::Result<TcpStream> {
    let mut socket = socket.connect(address).await?;
    // As a browser's `EventSource` sends it.
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n");
    let mut request = head.into_bytes();
    if let Some(id) = last_event_id {
        request.extend([b"last-event-id: ", id, b"\r\n"].concat());
    }
    request.extend_from_slice(b"\r\n");
    socket.write_all(&request).await?;
    Ok(socket)
}

/// The body of a response that has begun.
pub(crate) struct Body {
    socket: TcpStream,
    chunks: Chunks,
    /// What came with the head.
    first: Vec<u8>,
    /// How many bytes have come after that.
    count: usize,
}

impl Body {
    /// Reads the head, which is to be that of a stream.
    pub(crate) async fn begin(mut socket: TcpStream) -> Self {
        let mut text = Vec::new();
        let end = loop {
            let count = socket.read_buf(&mut text).await.unwrap();
            assert_ne!(
                count,
                0,
                "closed after {:?}",
                String::from_utf8_lossy(&text)
            );
            if let Some(end) = memchr::memmem::find(&text, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&text[..end]).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("\r\ntransfer-encoding: chunked"), "{head}");
        Self {
            socket,
            chunks: Chunks::default(),
            first: text.split_off(end),
            count: 0,
        }
    }

    /// Reads what has come, at most so many bytes of the connection's and a head before. Returns
    /// `false` at the end.
    pub(crate) async fn read(&mut self, most: usize, mut data: impl FnMut(&[u8])) -> bool {
        if !self.first.is_empty() {
            let first = std::mem::take(&mut self.first);
            self.chunks.feed(&first, &mut data);
            return !self.chunks.has_ended;
        }
        self.socket.readable().await.unwrap();
        let mut bytes = [0; PIECE];
        let bytes = match self.socket.try_read(&mut bytes[..most.min(PIECE)]) {
            Ok(0) => panic!("it is closed in the middle"),
            Ok(count) => &bytes[..count],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) => panic!("{error}"),
        };
        self.count += bytes.len();
        self.chunks.feed(bytes, &mut data);
        !self.chunks.has_ended
    }
}

/// A client that reads events.
pub(crate) struct Client {
    body: Body,
    events: Events,
    seen: VecDeque<Seen>,
}

impl Client {
    pub(crate) async fn open(
        address: SocketAddr,
        path: &str,
        last_event_id: Option<&[u8]>,
    ) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        let socket = ask(socket, address, path, last_event_id);
        Self::begin(guard(socket).await.unwrap()).await
    }

    /// Reads the head of what has been asked for.
    pub(crate) async fn begin(socket: TcpStream) -> Self {
        Self {
            body: guard(Body::begin(socket)).await,
            events: Events::default(),
            seen: VecDeque::new(),
        }
    }

    /// Reads so many bytes. Returns `false` at the end.
    pub(crate) async fn read_some(&mut self, bytes: usize) -> bool {
        let end = self.body.count + bytes;
        while self.body.count < end {
            if !self.read(end - self.body.count).await {
                return false;
            }
        }
        true
    }

    /// Reads what has come, at most so many bytes. Returns `false` at the end.
    async fn read(&mut self, most: usize) -> bool {
        let mut seen = |event| self.seen.push_back(event);
        let data = |data: &[u8]| self.events.feed(data, &mut seen);
        guard(self.body.read(most, data)).await
    }

    /// Takes an event that has come.
    pub(crate) fn take(&mut self) -> Option<Seen> {
        self.seen.pop_front()
    }

    /// Waits for an event. `None` when the stream has ended, as it should.
    pub(crate) async fn next(&mut self) -> Option<Seen> {
        while self.seen.is_empty() {
            if self.body.chunks.has_ended {
                return None;
            }
            self.read(PIECE).await;
        }
        self.take()
    }
}
