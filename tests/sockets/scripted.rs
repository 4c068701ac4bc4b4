//! A connection that takes what a test has it take.

use std::{
    io::{self, IoSlice},
    os::fd::{AsFd, BorrowedFd},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tower_sse::Socket;

use crate::script::{Call, Script};

/// Reads from a real socket, which is also what options are set on. What is written goes nowhere.
pub(crate) struct Scripted {
    tcp: TcpStream,
    script: Script,
}

/// Connects two sockets.
pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (connected, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (accepted.unwrap().0, connected.unwrap())
}

/// Makes a socket with no room for anything, and its peer.
pub(crate) async fn scripted() -> (Socket<Scripted>, Script, TcpStream) {
    let (tcp, peer) = pair().await;
    let script = Script::default();
    let scripted = Scripted {
        tcp,
        script: script.clone(),
    };
    (Socket::new(scripted), script, peer)
}

impl AsFd for Scripted {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp.as_fd()
    }
}

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.script.poll_write(Call::Plain(bytes.len()), cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let lengths = slices.iter().map(|slice| slice.len()).collect();
        self.script.poll_write(Call::Vectored(lengths), cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.script.is_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Tries to write, once.
pub(crate) fn poll_write(socket: &mut Socket<Scripted>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    let mut cx = Context::from_waker(Waker::noop());
    Pin::new(socket).poll_write(&mut cx, bytes)
}

/// Tries to read, once. Returns how many bytes there were.
pub(crate) fn poll_read(socket: &mut Socket<Scripted>) -> Poll<io::Result<usize>> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut bytes = [0; 64];
    let mut buffer = ReadBuf::new(&mut bytes);
    ready!(Pin::new(socket).poll_read(&mut cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}
