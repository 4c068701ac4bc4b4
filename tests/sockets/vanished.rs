//! Clients that vanish without a word to the server.

use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use futures::stream;
use http::Response;
use tower_sse::{CloseReason, Event, EventStream, Heartbeat, SseLayer, TcpOptions};

use crate::{
    guard,
    namespace::Namespace,
    server::{Server, listen},
    watch,
};

const SECOND: Duration = Duration::from_secs(1);

/// The ways in which they do.
const WAYS: [fn(&Namespace); 2] = [Namespace::unplug, Namespace::silence];

/// Expects that a stream without events closes, no sooner than this after its client has vanished
/// and not much later.
async fn assert_noticed(layer: SseLayer, time: Duration) {
    let layer = &layer;
    futures::future::join_all(WAYS.map(async |vanish| {
        let namespace = Namespace::new()?;
        let took = notice(layer.clone(), &namespace, vanish).await;
        println!("noticed after {took:?}");
        assert!((time / 2..time + 8 * SECOND).contains(&took), "{took:?}");
        Some(())
    }))
    .await;
}

/// Returns how long it takes the server to notice.
async fn notice(layer: SseLayer, namespace: &Namespace, vanish: fn(&Namespace)) -> Duration {
    let (layer, mut closes) = watch(layer);
    let silence = async || Response::from(EventStream::new(stream::pending::<Event>()));
    let app = Router::new().route("/sse", get(silence)).layer(layer);
    let (listener, address) = listen(&namespace.own_address()).await;
    Server::new(None).serve_on(listener, app);

    let _curl = namespace.curl(&format!("http://{address}/sse")).await;
    vanish(namespace);
    let start = Instant::now();
    let summary = guard(closes.recv()).await.unwrap();
    assert_eq!(summary.reason, CloseReason::ClientGone);
    start.elapsed()
}

#[tokio::test]
#[ignore = "needs root, iproute2 and curl; `tests/all` runs it"]
async fn the_user_timeout_notices_where_there_are_heartbeats() {
    let layer = SseLayer::new()
        .heartbeat(Heartbeat::every(SECOND / 10))
        .socket(TcpOptions::empty().user_timeout(SECOND));
    assert_noticed(layer, SECOND).await;
}

/// Keep-alive that asks after a second, and then each second.
fn asking() -> TcpOptions {
    TcpOptions::empty()
        .keep_alive(SECOND)
        .keep_alive_interval(SECOND)
}

#[tokio::test]
#[ignore = "needs root, iproute2 and curl; `tests/all` runs it"]
async fn keep_alive_notices_where_nothing_is_sent() {
    let layer = SseLayer::new()
        .heartbeat(Heartbeat::off())
        .socket(asking().keep_alive_count(2));
    assert_noticed(layer, 3 * SECOND).await;
}

#[tokio::test]
#[ignore = "needs root, iproute2 and curl; `tests/all` runs it"]
async fn the_user_timeout_takes_the_place_of_the_count() {
    let options = asking().keep_alive_count(60).user_timeout(2 * SECOND);
    let layer = SseLayer::new().heartbeat(Heartbeat::off()).socket(options);
    assert_noticed(layer, 2 * SECOND).await;
}
