use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    net::Shutdown,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project::pin_project;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    AsSocket, SocketHandle, TcpOptions, ahead::Ahead, handle::Status, platform, stall::Stall,
};

/// Up to how many bytes are copied together, for that costs less than a vectored write.
const SMALL: usize = 4096;

/// An accepted socket whose options the streams on it can set.
///
/// It implements tokio's [`AsyncRead`] and [`AsyncWrite`], so hyper takes it in a `TokioIo`. TLS
/// goes around it: `acceptor.accept(Socket::new(tcp))`. See
/// [`SseLayer::socket`](crate::SseLayer::socket).
///
/// It writes small slices, such as those of an event and its framing, to the system as one.
///
/// # Clients that have gone
///
/// hyper's HTTP/1 server notices that a client has closed the connection by reading, but stops
/// reading as soon as the client sends a byte after its request. While a stream is open, the socket
/// then reads on in its place, up to 64 KiB, so that the stream closes as
/// [`ClientGone`](crate::CloseReason::ClientGone) at once; if the client stays, hyper gets these
/// bytes when the stream has ended. This needs the [`handle`](Self::handle) as a layer, and hyper
/// without `pipeline_flush`; over TLS it does not see bytes that come together with the first
/// request. With `half_close(true)` hyper does not read while it answers, and then the socket does
/// not either.
#[pin_project]
#[derive(Debug)]
pub struct Socket<T> {
    #[pin]
    inner: T,
    handle: SocketHandle,
    status: Status,
    /// What streams have set.
    options: TcpOptions,
    stall: Option<Stall>,
    ahead: Ahead,
}

impl<T> Socket<T> {
    /// Wraps an accepted socket.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            handle: SocketHandle::new(),
            status: Status::default(),
            options: TcpOptions::empty(),
            stall: None,
            ahead: Ahead::default(),
        }
    }

    /// Returns the handle, for the requests that come over the socket.
    pub fn handle(&self) -> SocketHandle {
        self.handle.clone()
    }

    /// Returns a reference to the socket inside.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// Returns a mutable reference to the socket inside.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Returns the bytes that have been read from the socket inside, and not been read from this
    /// one.
    ///
    /// There can be some after a request's head, such as the first message on an upgraded
    /// connection.
    pub fn buffer(&self) -> &[u8] {
        self.ahead.bytes()
    }

    /// Returns the socket inside. The bytes in the [`buffer`](Self::buffer) are lost, and no
    /// timeout applies any more.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsSocket> Socket<T> {
    /// Takes over the status, if it has changed.
    fn update_status(self: Pin<&mut Self>) {
        let this = self.project();
        if this.handle.is_unchanged() {
            return;
        }
        let Some(status) = this.handle.take_status() else {
            return;
        };
        this.ahead.update(&status);
        if status.resets && !this.status.resets {
            reset_on_close(&*this.inner);
        }
        *this.status = status;
    }

    /// Carries out the orders of streams.
    fn carry_out_orders(self: Pin<&mut Self>) {
        let this = self.project();
        let Some(order) = this.handle.take_orders() else {
            return;
        };
        let options = order.options.or(*this.options);
        if options != *this.options {
            // A socket that rejects an option can still carry the stream.
            let _ = options.apply(&*this.inner);
            *this.options = options;
        }
        match (order.pace, this.stall) {
            (Some((pace, timer)), Some(stall)) => stall.set_pace(pace, timer),
            (Some((pace, timer)), none) => *none = Some(Stall::new(pace, timer)),
            (None, _) => {}
        }
    }
}

impl<T: AsyncRead + AsyncWrite + AsSocket> Socket<T> {
    /// Writes, and watches whether the client keeps up.
    fn poll_with(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if !self.handle.is_unchanged() {
            self.as_mut().update_status();
            self.as_mut().carry_out_orders();
        }
        let mut this = self.project();
        this.ahead.answer();
        if let Poll::Ready(gone) = this.ahead.poll_end(this.inner.as_mut(), this.status, cx) {
            return Poll::Ready(Err(gone));
        }
        let written = write(this.inner.as_mut(), cx);
        let Some(stall) = this.stall else {
            return written;
        };
        if let Poll::Ready(written) = written {
            stall.progress(written.as_ref().map_or(0, |bytes| *bytes));
            return Poll::Ready(written);
        }
        let inner = &*this.inner;
        ready!(stall.poll_wait(cx, || platform::step(&SockRef::from(inner))));
        Poll::Ready(Err(abort(inner, this.handle)))
    }
}

/// Resets a connection: the system discards what waits, and wakes the reader and the writer.
fn abort<T: AsSocket>(socket: &T, handle: &SocketHandle) -> io::Error {
    handle.set_stalled();
    reset_on_close(socket);
    // If it fails there is nothing to do: the connection is dropped in any case.
    let _ = SockRef::from(socket).shutdown(Shutdown::Both);
    io::Error::new(io::ErrorKind::TimedOut, "the client reads too slowly")
}

/// Makes the system send a reset in place of a proper end.
fn reset_on_close<T: AsSocket>(socket: &T) {
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}

impl<T: AsyncRead + AsyncWrite + AsSocket> AsyncWrite for Socket<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |inner, cx| inner.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len: usize = slices.iter().map(|slice| slice.len()).sum();
        if len > SMALL {
            return self.poll_with(cx, |inner, cx| inner.poll_write_vectored(cx, slices));
        }
        let mut bytes = [MaybeUninit::uninit(); SMALL];
        let mut buffer = ReadBuf::uninit(&mut bytes);
        slices.iter().for_each(|slice| buffer.put_slice(slice));
        self.poll_write(cx, buffer.filled())
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_mut().update_status();
        let mut this = self.project();
        if this.status.streams == 0 {
            // Everything is written: what follows belongs to no stream.
            *this.stall = None;
        }
        if let Poll::Ready(gone) = this.ahead.poll_end(this.inner.as_mut(), this.status, cx) {
            return Poll::Ready(Err(gone));
        }
        this.inner.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_mut().update_status();
        if self.status.resets {
            // The client would take an end before the reset for a proper one.
            return Poll::Ready(Ok(()));
        }
        self.project().inner.poll_shutdown(cx)
    }
}

impl<T: AsyncRead + AsSocket> AsyncRead for Socket<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.as_mut().update_status();
        let this = self.project();
        this.ahead.poll_read(this.inner, this.status, cx, buffer)
    }
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    async fn pair() -> io::Result<(Socket<TcpStream>, TcpStream)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (client, accepted) = tokio::try_join!(TcpStream::connect(address), listener.accept())?;
        Ok((Socket::new(accepted.0), client))
    }

    /// Writes, and drops the socket after one more step. Returns what the client reads, and how it
    /// ends.
    async fn end(
        resets: bool,
        last: impl AsyncFn(&mut Socket<TcpStream>),
    ) -> io::Result<(Vec<u8>, bool)> {
        let (mut socket, mut client) = pair().await?;
        socket.write_all(b"half an event").await?;
        if resets {
            socket.handle().reset_on_close();
        }
        last(&mut socket).await;
        drop(socket);
        let mut bytes = Vec::new();
        let end = client.read_to_end(&mut bytes).await;
        let is_reset = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionReset;
        Ok((bytes, end.as_ref().is_err_and(is_reset)))
    }

    #[tokio::test]
    async fn a_socket_that_is_to_break_is_reset_when_it_is_dropped() {
        let flush = async |socket: &mut Socket<TcpStream>| socket.flush().await.unwrap();
        let write = async |socket: &mut Socket<TcpStream>| socket.write_all(b"!").await.unwrap();
        let shutdown = async |socket: &mut Socket<TcpStream>| socket.shutdown().await.unwrap();
        let read = async |socket: &mut Socket<TcpStream>| {
            assert!(futures::poll!(std::pin::pin!(socket.read(&mut [0]))).is_pending());
        };
        for resets in [true, false] {
            let expected = (b"half an event".to_vec(), resets);
            assert_eq!(end(resets, flush).await.unwrap(), expected);
            assert_eq!(end(resets, read).await.unwrap(), expected);
            assert_eq!(end(resets, shutdown).await.unwrap(), expected);
            let expected = (b"half an event!".to_vec(), resets);
            assert_eq!(end(resets, write).await.unwrap(), expected);
        }
    }
}
