//! Readers and writers of their own, streams that do not open.

use std::{io::ErrorKind, task::Poll};

use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{advance, timeout},
};
use tower_sse::{CloseReason, RejectPolicy, Socket, TcpOptions};

use crate::{
    requests::{TIMEOUT, impatient, open, open_nested, patient},
    scripted::{pair, poll_read, poll_write, scripted},
    settings::{Settings, every_option, every_setting},
    watch,
};

#[tokio::test(start_paused = true)]
async fn a_writer_is_woken_though_a_reader_in_another_task_polled_last() {
    let (tcp, mut peer) = pair().await;
    let mut socket = Socket::new(tcp);
    let _response = open(&socket, &impatient()).await;
    let bytes = [0; 1 << 16];
    while futures::poll!(std::pin::pin!(socket.write(&bytes))).is_ready() {}
    let (mut read, mut write) = tokio::io::split(socket);
    let writer = tokio::spawn(async move { write.write_all(&bytes).await });
    tokio::task::yield_now().await;
    let reader = tokio::spawn(async move { read.read(&mut [0]).await });
    tokio::task::yield_now().await;
    peer.shutdown().await.unwrap();
    assert_eq!(reader.await.unwrap().unwrap(), 0);
    let end = timeout(10 * TIMEOUT, writer).await.expect("it is aborted");
    assert_eq!(end.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_can_go_on_goes_on_though_two_reads_come_first() {
    let (mut socket, script, _peer) = scripted().await;
    let _response = open(&socket, &impatient()).await;
    assert!(poll_write(&mut socket, b"x").is_pending());
    script.make_room(1);
    advance(TIMEOUT).await;
    assert!(poll_read(&mut socket).is_pending());
    assert!(poll_read(&mut socket).is_pending());
    assert!(matches!(poll_write(&mut socket, b"x"), Poll::Ready(Ok(1))));
}

#[tokio::test]
async fn a_stream_that_an_outer_layer_rejects_sets_nothing() {
    let (mut socket, _script, _peer) = scripted().await;
    let before = Settings::of(&SockRef::from(socket.get_ref()));
    let outer = patient().max_streams(0, RejectPolicy::empty_stream());
    let inner = patient().socket(every_option());
    let _response = open_nested(&socket, &outer, &inner).await;
    assert!(poll_write(&mut socket, b"r").is_pending());
    assert_eq!(Settings::of(&SockRef::from(socket.get_ref())), before);
}

#[tokio::test(start_paused = true)]
async fn every_stream_of_an_aborted_connection_closes_as_stalled() {
    let (mut socket, _script, _peer) = scripted().await;
    let _first = open(&socket, &impatient()).await;
    let (layer, mut closes) = watch(patient());
    let second = open(&socket, &layer).await;
    assert!(socket.write(b"x").await.is_err());
    drop(second);
    assert_eq!(closes.recv().await.unwrap().reason, CloseReason::Stalled);
}

#[tokio::test]
async fn a_stream_that_is_rejected_takes_no_option_from_another() {
    let (mut socket, script, _peer) = scripted().await;
    script.make_room(1);
    let outer = patient().max_streams(0, RejectPolicy::empty_stream());
    let inner = patient().socket(TcpOptions::empty().nodelay(false));
    let open_one = patient().socket(every_option());
    let _rejected = open_nested(&socket, &outer, &inner).await;
    let _first = open(&socket, &open_one).await;
    let _rejected = open_nested(&socket, &outer, &inner).await;
    assert!(poll_write(&mut socket, b"1").is_ready());
    assert_eq!(
        Settings::of(&SockRef::from(socket.get_ref())),
        every_setting()
    );
    let _rejected = open_nested(&socket, &outer, &inner).await;
    assert!(poll_write(&mut socket, b"2").is_pending());
    assert_eq!(
        Settings::of(&SockRef::from(socket.get_ref())),
        every_setting()
    );
}
