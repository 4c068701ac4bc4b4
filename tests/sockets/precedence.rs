//! Whose options count, where there are several.

use socket2::SockRef;
use tower_sse::{SseLayer, TcpOptions};

use crate::{
    requests::{TIMEOUT, impatient, open, open_nested, patient},
    scripted::{poll_write, scripted},
    settings::{Settings, every_option, every_setting},
};

/// What the layers that should have no say would set.
fn others() -> SseLayer {
    patient()
        .socket(every_option().send_buffer(30_000).no_delay(false))
        .stall_timeout(TIMEOUT / 2)
}

#[tokio::test]
async fn the_first_stream_on_a_connection_decides() {
    let (mut socket, script, _peer) = scripted().await;
    script.make_room(2);
    let _first = open(&socket, &patient().socket(every_option())).await;
    assert!(poll_write(&mut socket, b"1").is_ready());
    let _second = open(&socket, &others()).await;
    assert!(poll_write(&mut socket, b"2").is_ready());
    let settings = Settings::of(&SockRef::from(socket.get_ref()));
    assert_eq!(settings, every_setting());
}

#[tokio::test]
async fn it_does_so_also_where_a_second_opens_before_anything_is_written() {
    let (mut socket, _script, _peer) = scripted().await;
    let _first = open(&socket, &patient().socket(every_option())).await;
    let _second = open(&socket, &others()).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    let settings = Settings::of(&SockRef::from(socket.get_ref()));
    assert_eq!(settings, every_setting());
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_that_of_the_first_too() {
    let (mut socket, _script, _peer) = scripted().await;
    let _first = open(&socket, &impatient()).await;
    let _second = open(&socket, &others()).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    tokio::time::advance(TIMEOUT * 3 / 4).await;
    assert!(poll_write(&mut socket, b"1").is_pending());
    tokio::time::advance(TIMEOUT / 4).await;
    assert!(poll_write(&mut socket, b"1").is_ready());
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
    let layer = patient().socket(TcpOptions::empty().no_delay(true));
    let _response = open(&one, &layer).await;
    assert!(poll_write(&mut one, b"1").is_pending());
    assert!(poll_write(&mut two, b"2").is_pending());
    let no_delay = [one, two].map(|socket| SockRef::from(socket.get_ref()).tcp_nodelay());
    assert_eq!(no_delay.map(Result::unwrap), [true, false]);
}
