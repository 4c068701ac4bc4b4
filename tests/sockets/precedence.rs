//! Which options hold, where there are several.

use socket2::SockRef;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, advance},
};
use tower_sse::{Socket, SseLayer, TcpOptions};

use crate::{
    guard,
    requests::{TIMEOUT, impatient, open, open_nested, patient},
    scripted::{Scripted, poll_write, scripted},
    settings::{Settings, every_option, every_setting},
};

/// A layer that wants two options and the timeout otherwise than the others.
fn others() -> SseLayer {
    patient()
        .socket(TcpOptions::empty().send_buffer_size(30_000).nodelay(false))
        .stall_timeout(TIMEOUT / 2)
        .stall_rate(1 << 20)
}

/// Expects what [`others`] make of a socket that has got every option.
#[track_caller]
fn assert_others(socket: &Socket<Scripted>) {
    let expected = Settings {
        nodelay: false,
        send_buffer_size: every_setting().send_buffer_size / 2,
        ..every_setting()
    };
    assert_eq!(Settings::of(&SockRef::from(socket.get_ref())), expected);
}

#[tokio::test]
async fn a_later_stream_on_a_connection_sets_what_it_wants_otherwise() {
    let (mut socket, script, _peer) = scripted().await;
    script.make_room(2);
    let _first = open(&socket, &patient().socket(every_option())).await;
    assert!(poll_write(&mut socket, b"1").is_ready());
    let _second = open(&socket, &others()).await;
    assert!(poll_write(&mut socket, b"2").is_ready());
    assert_others(&socket);
}

#[tokio::test]
async fn it_does_so_also_if_it_opens_before_anything_is_written() {
    let (mut socket, _script, _peer) = scripted().await;
    let _first = open(&socket, &patient().socket(every_option())).await;
    let _second = open(&socket, &others()).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    assert_others(&socket);
}

#[tokio::test]
async fn a_stream_that_follows_another_sets_what_it_wants() {
    let (mut socket, script, _peer) = scripted().await;
    script.make_room(2);
    drop(open(&socket, &impatient()).await);
    assert!(poll_write(&mut socket, b"1").is_ready());
    drop(open(&socket, &patient().socket(every_option())).await);
    assert!(poll_write(&mut socket, b"2").is_ready());
    let settings = Settings::of(&SockRef::from(socket.get_ref()));
    assert_eq!(settings, every_setting());
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_that_of_the_last_which_has_one() {
    let (mut socket, _script, _peer) = scripted().await;
    let _first = open(&socket, &impatient()).await;
    let _second = open(&socket, &others()).await;
    let _third = open(&socket, &patient().socket(TcpOptions::new())).await;
    let start = Instant::now();
    assert!(guard(socket.write(b"1")).await.is_err());
    assert_eq!(start.elapsed(), TIMEOUT / 2);
}

#[tokio::test(start_paused = true)]
async fn streams_that_open_do_not_put_it_off() {
    let (mut socket, _script, _peer) = scripted().await;
    let mut streams = Vec::new();
    let start = Instant::now();
    while poll_write(&mut socket, b"1").is_pending() {
        streams.push(open(&socket, &impatient()).await);
        streams.push(open(&socket, &impatient().stall_timeout(TIMEOUT * 2)).await);
        streams.push(open(&socket, &impatient()).await);
        advance(TIMEOUT / 10).await;
    }
    assert_eq!(
        start.elapsed(),
        TIMEOUT * 11 / 10,
        "it begins with the first"
    );
}

#[tokio::test]
async fn of_two_layers_the_inner_one_decides() {
    let (mut socket, _script, _peer) = scripted().await;
    let inner = patient().socket(every_option());
    let _response = open_nested(&socket, &others(), &inner).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    let settings = Settings::of(&SockRef::from(socket.get_ref()));
    assert_eq!(settings, every_setting());
}

#[tokio::test]
async fn an_outer_layer_sets_what_the_inner_one_does_not() {
    let (mut socket, _script, _peer) = scripted().await;
    let outer = patient().socket(every_option());
    let inner = others().socket(TcpOptions::empty().send_buffer_size(30_000).nodelay(false));
    let _response = open_nested(&socket, &outer, &inner).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    assert_others(&socket);
}

#[tokio::test]
async fn an_outer_layer_does_where_the_inner_one_has_no_options() {
    let (mut socket, _script, _peer) = scripted().await;
    let outer = patient().socket(every_option());
    let _response = open_nested(&socket, &outer, &patient()).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    let settings = Settings::of(&SockRef::from(socket.get_ref()));
    assert_eq!(settings, every_setting());
}

#[tokio::test]
async fn each_connection_is_set_for_itself() {
    let (mut one, _script, _peer) = scripted().await;
    let (mut two, _script, _peer) = scripted().await;
    let layer = patient().socket(TcpOptions::empty().nodelay(true));
    let _response = open(&one, &layer).await;
    assert!(poll_write(&mut one, b"1").is_pending());
    assert!(poll_write(&mut two, b"2").is_pending());
    let nodelay = [one, two].map(|socket| SockRef::from(socket.get_ref()).tcp_nodelay());
    assert_eq!(nodelay.map(Result::unwrap), [true, false]);
}
