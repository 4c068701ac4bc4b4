//! Writes that wait for a peer that does not read.

use std::{io::ErrorKind, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    time::{Instant, advance},
};
use tower_sse::{CloseReason, TcpOptions};

use crate::{
    guard,
    requests::{TIMEOUT, get, impatient, open, open_nested, page, patient, send},
    scripted::{poll_read, poll_write, scripted},
    watch,
};

const SECOND: Duration = Duration::from_secs(1);

/// In bytes per second.
const RATE: u32 = 1 << 20;

#[tokio::test(start_paused = true)]
async fn a_write_that_gets_nowhere_fails_at_the_timeout() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    script.make_room(3);
    let start = Instant::now();
    assert_eq!(guard(socket.write(b"12345")).await.unwrap(), 3);
    assert!(!socket.handle().has_stalled());
    let error = guard(socket.write(b"45")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "the client reads too slowly");
    assert_eq!(start.elapsed(), TIMEOUT);
    assert!(socket.handle().has_stalled());
}

#[tokio::test(start_paused = true)]
async fn progress_at_the_least_rate_gives_it_the_whole_time_again() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient().stall_rate(RATE)).await;
    let some = vec![0; 3 * RATE as usize];
    for _ in 0..10 {
        assert!(poll_write(&mut socket, &some).is_pending());
        advance(3 * SECOND).await;
        assert!(poll_write(&mut socket, &some).is_pending());
        script.make_room(some.len());
        assert_eq!(guard(socket.write(&some)).await.unwrap(), some.len());
    }
    let start = Instant::now();
    assert!(guard(socket.write(b"x")).await.is_err());
    assert_eq!(start.elapsed(), TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn progress_below_it_gives_back_its_share() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient().stall_rate(RATE)).await;
    let some = vec![0; 2 * RATE as usize];
    assert!(poll_write(&mut socket, &some).is_pending());
    advance(3 * SECOND).await;
    script.make_room(some.len());
    assert_eq!(guard(socket.write(&some)).await.unwrap(), some.len());
    let start = Instant::now();
    assert!(guard(socket.write(b"x")).await.is_err());
    assert_eq!(
        start.elapsed(),
        TIMEOUT - SECOND,
        "3 seconds for bytes of 2"
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_does_not_run_while_nothing_is_to_be_written() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    for _ in 0..3 {
        assert!(poll_write(&mut socket, b"x").is_pending());
        advance(TIMEOUT / 2).await;
        script.make_room(1);
        assert!(poll_write(&mut socket, b"x").is_ready());
        for _ in 0..3 {
            advance(10 * TIMEOUT).await;
            assert!(poll_read(&mut socket).is_pending());
        }
    }
    assert!(!socket.handle().has_stalled());
}

#[tokio::test(start_paused = true)]
async fn it_does_not_run_before_a_stream_or_for_a_page() {
    let (mut socket, script, _peer) = scripted().await;
    for _ in 0..2 {
        assert!(poll_write(&mut socket, b"x").is_pending());
        advance(10 * TIMEOUT).await;
        assert!(poll_read(&mut socket).is_pending());
        assert!(poll_write(&mut socket, b"x").is_pending());
        drop(send(&socket.handle(), &impatient(), get(), page()).await);
    }
    let _response = open(&socket, &impatient()).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    advance(TIMEOUT - SECOND).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    script.make_room(1);
    assert!(poll_write(&mut socket, b"x").is_ready());
}

#[tokio::test(start_paused = true)]
async fn it_runs_on_for_what_the_stream_has_left() {
    let (mut socket, _script, _peer) = scripted().await;
    drop(open(&socket, &impatient()).await);
    let start = Instant::now();
    assert!(guard(socket.write(b"the end")).await.is_err());
    assert_eq!(start.elapsed(), TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn it_does_not_run_for_what_follows_when_all_is_written() {
    let (mut socket, script, _peer) = scripted().await;
    let [one, other] = [(); 2].map(|()| impatient());
    let one = open(&socket, &one).await;
    drop(open(&socket, &other).await);
    script.make_room(2);
    socket.write_all(b"x").await.unwrap();
    socket.flush().await.unwrap();
    assert!(
        poll_write(&mut socket, b"xx").is_ready(),
        "one is still open"
    );
    assert!(poll_write(&mut socket, b"x").is_pending());
    advance(TIMEOUT - SECOND).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    drop(one);
    script.make_room(1);
    socket.write_all(b"x").await.unwrap();
    socket.flush().await.unwrap();
    drop(send(&socket.handle(), &impatient(), get(), page()).await);
    for _ in 0..10 {
        assert!(poll_write(&mut socket, b"page").is_pending());
        advance(TIMEOUT).await;
    }
    assert!(!socket.handle().has_stalled());
}

#[tokio::test(start_paused = true)]
async fn without_a_timeout_it_waits() {
    let bare = patient().socket(TcpOptions::new());
    let endless = patient().stall_timeout(Duration::MAX);
    for layer in [bare, endless] {
        let (mut socket, script, _peer) = scripted().await;
        let _response = open(&socket, &layer).await;
        assert!(poll_write(&mut socket, b"x").is_pending());
        advance(Duration::from_secs(3600)).await;
        assert!(poll_read(&mut socket).is_pending());
        assert!(poll_write(&mut socket, b"x").is_pending());
        script.make_room(1);
        assert!(poll_write(&mut socket, b"x").is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn the_streams_of_an_aborted_connection_close_as_stalled() {
    let (mut socket, _script, _peer) = scripted().await;
    let (layer, mut closes) = watch(impatient());
    let two = [open(&socket, &layer).await, open(&socket, &layer).await];
    drop(open(&socket, &layer).await);
    assert_eq!(
        guard(closes.recv()).await.unwrap().reason,
        CloseReason::ClientGone
    );
    assert!(guard(socket.write(b"x")).await.is_err());
    drop(two);
    for _ in 0..2 {
        assert_eq!(
            guard(closes.recv()).await.unwrap().reason,
            CloseReason::Stalled
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_around_without_a_timeout_gets_a_report_of_the_stall() {
    let (mut socket, _script, _peer) = scripted().await;
    let (outer, mut closes) = watch(patient());
    let response = open_nested(&socket, &outer, &impatient()).await;
    assert!(guard(socket.write(b"x")).await.is_err());
    drop(response);
    assert_eq!(
        guard(closes.recv()).await.unwrap().reason,
        CloseReason::Stalled
    );
}
