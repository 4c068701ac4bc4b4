use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project::pin_project;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{AsSocket, SocketHandle, stall::Stall};

/// Up to how many bytes are copied together, for that costs less than a vectored write.
const SMALL: usize = 4096;

/// An accepted socket that the streams on it can set.
///
/// What is written to it in small pieces, as hyper writes an event and what frames it, goes to the
/// system as one.
///
/// It is tokio's [`AsyncRead`] and [`AsyncWrite`], so hyper takes it in a `TokioIo`. TLS goes around
/// it: `acceptor.accept(Socket::new(tcp))`. See [`SseLayer::socket`](crate::SseLayer::socket).
#[pin_project]
#[derive(Debug)]
pub struct Socket<T> {
    #[pin]
    inner: T,
    handle: SocketHandle,
    /// Whether the first stream has had its way: no other does.
    is_set: bool,
    stall: Option<Stall>,
}

impl<T> Socket<T> {
    /// Wraps an accepted socket.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            handle: SocketHandle::new(),
            is_set: false,
            stall: None,
        }
    }

    /// Returns the handle, for the requests that come over the socket.
    pub fn handle(&self) -> SocketHandle {
        self.handle.clone()
    }

    /// Returns the socket inside.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// Returns the socket inside.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Returns the socket inside. The stall timeout goes.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncWrite + AsSocket> Socket<T> {
    /// Carries out what streams have left, and then a write, whose progress is watched.
    fn poll<R>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        let mut this = self.project();
        let orders = (!*this.is_set).then(|| this.handle.take());
        if let Some(orders) = orders.flatten() {
            *this.is_set = true;
            // A socket that refuses an option can carry the stream none the less.
            let _ = orders.options.apply(&*this.inner);
            let timeout = orders.stall_timeout;
            *this.stall = timeout.map(|timeout| Stall::new(timeout, orders.timer));
        }
        let written = write(this.inner.as_mut(), cx);
        let Some(stall) = this.stall else {
            return written;
        };
        if written.is_ready() {
            stall.progress();
            return written;
        }
        ready!(stall.poll_write(cx));
        Poll::Ready(Err(abort(&*this.inner, this.handle)))
    }
}

/// Resets a connection: what waits in the system is thrown away, and whoever reads or writes is
/// woken.
fn abort<T: AsSocket>(socket: &T, handle: &SocketHandle) -> io::Error {
    handle.set_stalled();
    let socket = SockRef::from(socket);
    // Neither can be helped where it fails: the connection is dropped in any case.
    let _ = socket.set_linger(Some(Duration::ZERO));
    let _ = socket.shutdown(std::net::Shutdown::Both);
    io::Error::new(io::ErrorKind::TimedOut, "the peer has stopped reading")
}

impl<T: AsyncWrite + AsSocket> AsyncWrite for Socket<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |inner, cx| inner.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len: usize = slices.iter().map(|slice| slice.len()).sum();
        if len > SMALL {
            return self.poll(cx, |inner, cx| inner.poll_write_vectored(cx, slices));
        }
        let mut bytes = [MaybeUninit::uninit(); SMALL];
        let mut buffer = ReadBuf::uninit(&mut bytes);
        slices.iter().for_each(|slice| buffer.put_slice(slice));
        self.poll_write(cx, buffer.filled())
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

impl<T: AsyncRead + AsSocket> AsyncRead for Socket<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        if let Some(stall) = this.stall {
            if stall.poll_read(cx).is_ready() {
                return Poll::Ready(Err(abort(&*this.inner, this.handle)));
            }
        }
        this.inner.poll_read(cx, buffer)
    }
}
