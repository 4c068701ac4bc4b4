//! A process that is held up: the time has passed when it goes on, though its peers have read.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, advance},
};
use tower_sse::Socket;

use crate::{
    guard,
    requests::{TIMEOUT, impatient, open},
    scripted::{Scripted, poll_read, poll_write, scripted},
};

const PAUSE: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_write_that_can_go_on_goes_on() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    script.make_room(1);
    advance(PAUSE).await;
    assert!(poll_write(&mut socket, b"x").is_ready());
    assert!(poll_read(&mut socket).is_pending());
    assert!(!socket.handle().has_stalled());
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_though_a_read_comes_first() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    script.make_room(1);
    advance(PAUSE).await;
    assert!(poll_read(&mut socket).is_pending());
    assert!(matches!(poll_write(&mut socket, b"x"), Poll::Ready(Ok(1))));
    assert!(poll_read(&mut socket).is_pending());

    let start = Instant::now();
    assert!(poll_write(&mut socket, b"y").is_pending());
    let error = guard(poll_fn(|cx| turn(&mut socket, cx)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), TIMEOUT, "and has the whole time again");
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_is_aborted_at_the_timeout() {
    for read_first in [true, false] {
        let (mut socket, _script, _peer) = scripted().await;
        let _response = open(&socket, &impatient()).await;
        assert!(poll_write(&mut socket, b"x").is_pending());
        advance(PAUSE).await;
        if read_first {
            assert!(poll_read(&mut socket).is_pending());
        }
        // The peer does not answer for the pause, and has the whole time again.
        assert!(poll_write(&mut socket, b"x").is_pending());
        advance(TIMEOUT).await;
        assert!(matches!(poll_write(&mut socket, b"x"), Poll::Ready(Err(_))));
    }
}

/// A server that has its only turn when the time has passed.
async fn serve_after_a_pause(room: usize) -> io::Result<usize> {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    let server = tokio::spawn(async move { poll_fn(|cx| turn(&mut socket, cx)).await });
    script.full().await;
    script.make_room_unseen(room);
    advance(PAUSE).await;
    guard(server).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_and_writes_in_turns_goes_on_only_if_it_can() {
    assert_eq!(serve_after_a_pause(1).await.unwrap(), 1);
    let error = serve_after_a_pause(0).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

/// Does what hyper does each time that its task is woken: reads as long as it can, then writes.
fn turn(socket: &mut Socket<Scripted>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    let mut bytes = [0; 64];
    let mut buffer = ReadBuf::new(&mut bytes);
    let mut socket = Pin::new(socket);
    match socket.as_mut().poll_read(cx, &mut buffer) {
        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
        Poll::Ready(Ok(())) => panic!("the peer says nothing"),
        Poll::Pending => {}
    }
    Poll::Ready(ready!(socket.poll_write(cx, b"x")))
}
