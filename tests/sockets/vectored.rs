//! Writes of several slices at once.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::{io::AsyncWrite, time::advance};
use tower_sse::Socket;

use crate::{
    requests::{TIMEOUT, impatient, open},
    script::Call,
    scripted::{Scripted, pair, poll_write, scripted},
};

fn poll_write_vectored(socket: &mut Socket<Scripted>) -> Poll<io::Result<usize>> {
    let mut cx = Context::from_waker(Waker::noop());
    let slices = [b"one".as_slice(), b"three", b""].map(IoSlice::new);
    Pin::new(socket).poll_write_vectored(&mut cx, &slices)
}

#[tokio::test]
async fn they_reach_the_connection_as_they_are() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    script.make_room(100);
    assert!(matches!(
        poll_write_vectored(&mut socket),
        Poll::Ready(Ok(8))
    ));
    assert!(matches!(
        poll_write(&mut socket, b"four"),
        Poll::Ready(Ok(4))
    ));
    let calls = [Call::Vectored(vec![3, 5, 0]), Call::Plain(4)];
    assert_eq!(script.calls(), calls);
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
    advance(TIMEOUT * 3 / 4).await;
    script.make_room(1);
    assert!(matches!(
        poll_write_vectored(&mut socket),
        Poll::Ready(Ok(1))
    ));
    assert!(poll_write_vectored(&mut socket).is_pending());
    advance(TIMEOUT * 3 / 4).await;
    assert!(poll_write_vectored(&mut socket).is_pending());
    advance(TIMEOUT / 4).await;
    assert!(matches!(
        poll_write_vectored(&mut socket),
        Poll::Ready(Err(_))
    ));
    assert!(socket.handle().has_stalled());
}
