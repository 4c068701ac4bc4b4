//! hyper in a process that is held up.

use std::time::Duration;

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{io::AsyncWriteExt, time::advance};
use tower::Layer;
use tower_sse::CloseReason;

use crate::{
    endless::endless,
    frames::{self, Windows},
    guard,
    requests::impatient,
    scripted::scripted,
    watch,
};

const PAUSE: Duration = Duration::from_secs(3600);

const HTTP_1_1: &[u8] = b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Serves an endless stream through pauses, and ends it by one in which its client reads nothing.
async fn assert_goes_on_as_long_as_it_can(request: &[u8]) {
    let (socket, script, mut peer) = scripted().await;
    let handle = socket.handle();
    let (route, endless) = endless();
    let (layer, mut closes) = watch(impatient());
    let app = Router::new().route("/endless", route).layer(layer);
    let service = TowerToHyperService::new(handle.layer(app));
    let server = tokio::spawn(async move {
        let builder = Builder::new(TokioExecutor::new());
        let served = builder.serve_connection(TokioIo::new(socket), service);
        served.await.is_err()
    });
    // For what comes before the stream.
    script.make_room(1000);
    peer.write_all(request).await.unwrap();

    for _ in 0..10 {
        script.full().await;
        let before = endless.bytes();
        script.make_room_unseen(1 << 20);
        advance(PAUSE).await;
        script.full().await;
        assert!(endless.bytes() > before);
    }
    assert!(closes.is_empty());
    advance(PAUSE).await;
    assert!(guard(server).await.unwrap(), "it fails");
    assert!(handle.has_stalled());
    let summary = guard(closes.recv()).await.unwrap();
    assert_eq!(summary.reason, CloseReason::Stalled);
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_over_http_1_1_as_long_as_it_can() {
    assert_goes_on_as_long_as_it_can(HTTP_1_1).await;
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_over_http_2_as_long_as_it_can() {
    assert_goes_on_as_long_as_it_can(&frames::request(Windows::Large)).await;
}
