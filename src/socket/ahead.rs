//! The end of a connection whose reader has stopped reading.
//!
//! hyper's HTTP/1 server notices that a client has gone by reading while it answers. It stops as
//! soon as it gets a byte, which may belong to the next request, and then the end goes unnoticed.
//! With `half_close(true)` it does not read at all while it answers, and the end is no departure.
//! Both look the same from below, unless the reader never gets what follows a request together with
//! the request: then one that looks for the end asks again, and the other does not.

use std::{
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};

use super::{handle::Status, requests::Requests};

/// The maximum number of bytes that are read ahead.
const MAX_AHEAD: usize = 64 * 1024;

const CHUNK: usize = 2048;

/// Bytes that have been read ahead of the reader.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    bytes: BytesMut,
    end: Option<ReadEnd>,
    requests: Requests,
    /// The reader, if it waits.
    reader: Option<Waker>,
    /// Whether it has asked since `poll_end` last ran, and so sees the end by itself.
    asks: bool,
    /// Whether it has seen the end.
    has_seen_end: bool,
}

#[derive(Clone, Copy, Debug)]
enum ReadEnd {
    Closed,
    Failed(io::ErrorKind),
}

impl Ahead {
    /// Returns what the reader has not got yet.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Records what has happened on the connection.
    pub(super) fn update(&mut self, status: &Status) {
        self.requests.update(status);
    }

    /// Records that the reader writes.
    pub(super) fn answer(&mut self) {
        self.requests.answer();
    }

    pub(super) fn poll_read<T: AsyncRead>(
        &mut self,
        inner: Pin<&mut T>,
        status: &Status,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let is_first = self.requests.ask(status);
        if !self.bytes.is_empty() {
            if is_first {
                // Some services are called a little later, and only then is the body's length known.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.read_from_ahead(buffer);
            return Poll::Ready(Ok(()));
        }
        match self.end {
            Some(end) => Poll::Ready(end.result()),
            None => self.poll_inner(inner, cx, buffer),
        }
    }

    fn read_from_ahead(&mut self, buffer: &mut ReadBuf<'_>) {
        let max = self.bytes.len().min(buffer.remaining());
        let len = self.requests.part(&self.bytes[..max]);
        let part = self.bytes.split_to(len);
        buffer.put_slice(&part);
        self.requests.advance(&part);
        self.reader = None;
        if self.bytes.is_empty() {
            // Gives the memory back.
            self.bytes = BytesMut::new();
        }
    }

    fn poll_inner<T: AsyncRead>(
        &mut self,
        inner: Pin<&mut T>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (start, has_room) = (buffer.filled().len(), buffer.remaining() > 0);
        let polled = inner.poll_read(cx, buffer);
        let Poll::Ready(result) = polled else {
            self.asks = true;
            self.register(cx.waker());
            return Poll::Pending;
        };
        (self.asks, self.reader) = (false, None);
        let read = &buffer.filled()[start..];
        self.has_seen_end |= result.is_err() || has_room && read.is_empty();
        let len = self.requests.part(read);
        self.bytes.extend_from_slice(&read[len..]);
        self.requests.advance(&read[..len]);
        buffer.set_filled(start + len);
        Poll::Ready(result)
    }

    fn register(&mut self, waker: &Waker) {
        match &mut self.reader {
            Some(reader) => reader.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Polls for a departure of the client that the reader would not see, which is an error.
    ///
    /// While a stream is open, it reads on for a reader that has stopped, as far as there is room.
    pub(super) fn poll_end<T: AsyncRead>(
        &mut self,
        mut inner: Pin<&mut T>,
        status: &Status,
        cx: &mut Context<'_>,
    ) -> Poll<io::Error> {
        let asks = mem::take(&mut self.asks);
        if asks || self.has_seen_end || !status.carries_http1() || !self.requests.is_looked_for() {
            return Poll::Pending;
        }
        if self.is_read_elsewhere(cx.waker()) {
            return Poll::Pending;
        }
        while self.end.is_none() && self.bytes.len() < MAX_AHEAD {
            let mut space = [MaybeUninit::uninit(); CHUNK];
            let mut buffer = ReadBuf::uninit(&mut space);
            match inner.as_mut().poll_read(cx, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => self.end = Some(ReadEnd::Failed(error.kind())),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    self.end = Some(ReadEnd::Closed)
                }
                Poll::Ready(Ok(())) => {
                    self.bytes.extend_from_slice(buffer.filled());
                    // What the reader waits for, if it does, is here now.
                    self.reader.take().into_iter().for_each(Waker::wake);
                }
            }
        }
        match self.end {
            Some(end) => Poll::Ready(end.error()),
            None => Poll::Pending,
        }
    }

    /// Returns `true` if the reader waits in another task, where the system wakes it.
    fn is_read_elsewhere(&self, waker: &Waker) -> bool {
        let reader = self.reader.as_ref();
        reader.is_some_and(|reader| !reader.will_wake(waker))
    }
}

impl ReadEnd {
    /// Returns what a read makes of it.
    fn result(self) -> io::Result<()> {
        match self {
            Self::Closed => Ok(()),
            Self::Failed(_) => Err(self.error()),
        }
    }

    fn error(self) -> io::Error {
        let kind = match self {
            Self::Closed => io::ErrorKind::UnexpectedEof,
            Self::Failed(kind) => kind,
        };
        io::Error::new(kind, "the client has closed the connection")
    }
}
