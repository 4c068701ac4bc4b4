//! When the options of a connection are set.

use http::Request;
use socket2::SockRef;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{RejectPolicy, Socket};

use crate::{
    requests::{TIMEOUT, get, open, open_nested, page, patient, send, silence},
    scripted::{Scripted, poll_read, poll_write, scripted},
    settings::{Settings, every_option, every_setting},
};

fn settings(socket: &Socket<Scripted>) -> Settings {
    Settings::of(&SockRef::from(socket.get_ref()))
}

#[tokio::test]
async fn nothing_is_set_before_a_stream() {
    let (mut socket, script, _peer) = scripted().await;
    let before = settings(&socket);
    assert_ne!(before, every_setting());
    script.make_room(2);
    assert!(poll_write(&mut socket, b"ab").is_ready());
    assert!(poll_write(&mut socket, b"c").is_pending());
    assert_eq!(settings(&socket), before);
}

#[tokio::test]
async fn a_page_sets_nothing() {
    let (mut socket, script, _peer) = scripted().await;
    let before = settings(&socket);
    let layer = patient().socket(every_option());
    let response = send(&socket.handle(), &layer, get(), page()).await;
    script.make_room(1);
    assert!(poll_write(&mut socket, b"p").is_ready());
    drop(response);
    assert!(poll_write(&mut socket, b"p").is_pending());
    assert_eq!(settings(&socket), before);
}

#[tokio::test]
async fn the_first_write_of_a_stream_sets_every_option() {
    let (mut socket, script, _peer) = scripted().await;
    let before = settings(&socket);
    let _response = open(&socket, &patient().socket(every_option())).await;
    assert!(poll_read(&mut socket).is_pending());
    assert_eq!(settings(&socket), before);
    script.make_room(1);
    assert!(poll_write(&mut socket, b"s").is_ready());
    assert_eq!(settings(&socket), every_setting());
}

#[tokio::test]
async fn a_write_that_has_to_wait_sets_them_too() {
    let (mut socket, _script, _peer) = scripted().await;
    let _response = open(&socket, &patient().socket(every_option())).await;
    assert!(poll_write(&mut socket, b"s").is_pending());
    assert_eq!(settings(&socket), every_setting());
}

#[tokio::test]
async fn they_are_set_once() {
    let (mut socket, script, _peer) = scripted().await;
    script.make_room(2);
    let layer = patient().socket(every_option());
    let _one = open(&socket, &layer).await;
    assert!(poll_write(&mut socket, b"1").is_ready());
    let own = SockRef::from(socket.get_ref()).set_tcp_nodelay(false);
    own.unwrap();
    let _two = open(&socket, &layer).await;
    assert!(poll_write(&mut socket, b"2").is_ready());
    assert!(!settings(&socket).nodelay);
}

#[tokio::test]
async fn a_stream_that_has_gone_before_the_write_has_been_one() {
    let (mut socket, _script, _peer) = scripted().await;
    drop(open(&socket, &patient().socket(every_option())).await);
    assert!(poll_write(&mut socket, b"s").is_pending());
    assert_eq!(settings(&socket), every_setting());
}

#[tokio::test]
async fn a_head_sets_nothing() {
    let (mut socket, _script, _peer) = scripted().await;
    let before = settings(&socket);
    let layer = patient().socket(every_option());
    let head = Request::head("/").body(()).unwrap();
    let response = send(&socket.handle(), &layer, head, silence()).await;
    assert!(response.headers().contains_key("x-accel-buffering"));
    assert!(poll_write(&mut socket, b"h").is_pending());
    assert_eq!(settings(&socket), before);
}

#[tokio::test]
async fn a_stream_that_is_rejected_sets_nothing() {
    for policy in [
        RejectPolicy::empty_stream(),
        RejectPolicy::with_status(http::StatusCode::CONFLICT),
    ] {
        let (mut socket, _script, _peer) = scripted().await;
        let before = settings(&socket);
        let layer = patient().socket(every_option()).max_streams(0, policy);
        let _response = send(&socket.handle(), &layer, get(), silence()).await;
        assert!(poll_write(&mut socket, b"r").is_pending());
        assert_eq!(settings(&socket), before);
    }
}

#[tokio::test]
async fn a_stream_that_an_inner_layer_rejects_sets_nothing() {
    let (mut socket, _script, _peer) = scripted().await;
    let before = settings(&socket);
    let outer = patient().socket(every_option());
    let inner = patient().max_streams(0, RejectPolicy::empty_stream());
    let _response = open_nested(&socket, &outer, &inner).await;
    assert!(poll_write(&mut socket, b"r").is_pending());
    assert_eq!(settings(&socket), before);
}

#[tokio::test]
async fn a_stream_that_is_not_accepted_sets_nothing() {
    let (mut socket, _script, _peer) = scripted().await;
    let before = settings(&socket);
    let layer = patient().socket(every_option()).require_accept(true);
    let request = Request::get("/").header("accept", "text/html");
    let request = request.body(()).unwrap();
    let response = send(&socket.handle(), &layer, request, silence()).await;
    assert_eq!(response.status(), 406);
    assert!(poll_write(&mut socket, b"r").is_pending());
    assert_eq!(settings(&socket), before);
}

#[tokio::test]
async fn a_request_without_the_handle_sets_nothing() {
    let (mut socket, _script, _peer) = scripted().await;
    let before = settings(&socket);
    let layer = patient().socket(every_option());
    let service = service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(silence()));
    let response = layer.layer(service).oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(poll_write(&mut socket, b"s").is_pending());
    assert_eq!(settings(&socket), before);
}

#[tokio::test]
async fn a_layer_without_options_sets_nothing() {
    for layer in [patient(), patient().stall_timeout(TIMEOUT)] {
        let (mut socket, _script, _peer) = scripted().await;
        let before = settings(&socket);
        let _response = open(&socket, &layer).await;
        assert!(poll_write(&mut socket, b"s").is_pending());
        assert_eq!(settings(&socket), before);
    }
}
