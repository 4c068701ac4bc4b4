//! Writes of several slices at once.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::advance,
};
use tower_sse::Socket;

use crate::{
    requests::{TIMEOUT, impatient, open},
    script::Call,
    scripted::{Scripted, pair, scripted},
};

fn poll_write_vectored(socket: &mut Socket<Scripted>) -> Poll<io::Result<usize>> {
    let mut cx = Context::from_waker(Waker::noop());
    let slices = [b"one".as_slice(), b"three", b""].map(IoSlice::new);
    Pin::new(socket).poll_write_vectored(&mut cx, &slices)
}

#[tokio::test]
async fn they_reach_the_connection_as_one_where_they_are_small() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    script.make_room(100_000);
    assert!(matches!(
        poll_write_vectored(&mut socket),
        Poll::Ready(Ok(8))
    ));
    for lengths in [[4, 4090, 2], [4, 4091, 2], [2, 60_000, 2]] {
        let zeros = [0; 60_000];
        let slices = lengths.map(|len| IoSlice::new(&zeros[..len]));
        let mut cx = Context::from_waker(Waker::noop());
        let written = Pin::new(&mut socket).poll_write_vectored(&mut cx, &slices);
        let len: usize = lengths.iter().sum();
        assert!(matches!(written, Poll::Ready(Ok(written)) if written == len));
    }
    let calls = [
        Call::Plain(8),
        Call::Plain(4096),
        Call::Vectored(vec![4, 4091, 2]),
        Call::Vectored(vec![2, 60_000, 2]),
    ];
    assert_eq!(script.calls(), calls);
}

#[tokio::test]
async fn their_bytes_arrive_in_their_order() {
    let (tcp, mut peer) = pair().await;
    let mut socket = Socket::new(tcp);
    for text in ["one", &"long".repeat(2000)] {
        let slices = [&b"<"[..], b"", text.as_bytes(), b">"].map(IoSlice::new);
        let written = socket.write_vectored(&slices).await.unwrap();
        let mut read = vec![0; written];
        peer.read_exact(&mut read).await.unwrap();
        assert_eq!(read, format!("<{text}>").as_bytes());
    }
}

#[tokio::test]
async fn a_socket_takes_them_where_what_is_inside_does() {
    let (socket, script, _peer) = scripted().await;
    assert!(!socket.is_write_vectored());
    script.set_vectored();
    assert!(socket.is_write_vectored());
    let (tcp, _peer) = pair().await;
    assert!(Socket::new(tcp).is_write_vectored());
}

#[tokio::test(start_paused = true)]
async fn their_progress_counts_and_their_stall_too() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    assert!(poll_write_vectored(&mut socket).is_pending());
    advance(TIMEOUT / 2).await;
    script.make_room(1);
    assert!(matches!(
        poll_write_vectored(&mut socket),
        Poll::Ready(Ok(1))
    ));
    assert!(poll_write_vectored(&mut socket).is_pending());
    advance(TIMEOUT / 4).await;
    assert!(poll_write_vectored(&mut socket).is_pending());
    advance(TIMEOUT / 4 + TIMEOUT / 100).await;
    assert!(matches!(
        poll_write_vectored(&mut socket),
        Poll::Ready(Err(_))
    ));
    assert!(socket.handle().has_stalled());
}
