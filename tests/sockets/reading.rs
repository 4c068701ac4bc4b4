//! Connections that are aborted while somebody reads.

use std::{io::ErrorKind, task::Poll};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, advance, timeout},
};
use tower_sse::Socket;

use crate::{
    guard,
    requests::{TIMEOUT, impatient, open},
    scripted::{pair, poll_read, poll_write, scripted},
};

#[tokio::test(start_paused = true)]
async fn a_write_that_was_given_up_is_no_stall() {
    let (mut socket, script, mut peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    let given_up = timeout(TIMEOUT / 2, socket.write(b"x")).await;
    assert!(given_up.is_err());
    let read = timeout(10 * TIMEOUT, socket.read(&mut [0])).await;
    assert!(read.is_err(), "it waits");
    peer.write_all(b"!").await.unwrap();
    guard(socket.read_exact(&mut [0])).await.unwrap();
    assert!(!socket.handle().has_stalled());

    let start = Instant::now();
    let error = guard(socket.write(b"y")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), TIMEOUT, "another has the whole time");
    drop(script);
}

#[tokio::test(start_paused = true)]
async fn reads_go_on_while_a_write_waits() {
    let (mut socket, _script, mut peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    for _ in 0..4 {
        advance(TIMEOUT / 5).await;
        peer.write_all(b"ping").await.unwrap();
        let mut bytes = [0; 4];
        guard(socket.read_exact(&mut bytes)).await.unwrap();
        assert_eq!(&bytes, b"ping");
    }
    advance(TIMEOUT / 5).await;
    assert!(poll_read(&mut socket).is_pending(), "the write has a turn");
    assert!(matches!(poll_write(&mut socket, b"x"), Poll::Ready(Err(_))));
}

#[tokio::test(start_paused = true)]
async fn a_reader_and_a_writer_in_tasks_of_their_own_both_end() {
    for reader_first in [true, false] {
        let (tcp, _peer) = pair().await;
        let mut socket = Socket::new(tcp);
        let _response = open(&socket, &impatient()).await;
        fill(&mut socket).await;
        let handle = socket.handle();
        let (mut read, mut write) = tokio::io::split(socket);
        let reads = async move { read.read(&mut [0]).await.map(drop) };
        let writes = async move { write.write_all(&[0; 1 << 20]).await };
        let (one, other) = if reader_first {
            let one = tokio::spawn(reads);
            (one, tokio::spawn(writes))
        } else {
            let one = tokio::spawn(writes);
            (one, tokio::spawn(reads))
        };
        let ends = [one, other].map(guard);
        let ends = futures::future::try_join_all(ends).await.unwrap();
        assert!(handle.has_stalled());
        let timed_out = |end: &Result<_, std::io::Error>| {
            end.as_ref()
                .is_err_and(|error| error.kind() == ErrorKind::TimedOut)
        };
        assert!(ends.iter().any(timed_out), "{ends:?}");
    }
}

/// Writes until the system takes no more.
async fn fill(socket: &mut Socket<TcpStream>) {
    let bytes = [0; 1 << 16];
    while let Poll::Ready(written) = futures::poll!(std::pin::pin!(socket.write(&bytes))) {
        written.unwrap();
    }
}
