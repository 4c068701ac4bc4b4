//! Clients that read slowly, over sockets of the system.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout},
};
use tower_sse::{CloseReason, SseLayer, StreamSummary, TcpOptions};

use crate::{
    endless::endless,
    guard,
    server::{Server, listen},
    watch,
};

/// The least rate, in bytes per second.
const RATE: u32 = 1_000_000;

/// Longer than a step of the system takes at the least rate.
const TIMEOUT: Duration = Duration::from_secs(1);

/// So much longer than a client below the rate is kept.
const LONG: Duration = Duration::from_secs(6);

/// Serves `/endless`.
fn serve(listener: TcpListener) -> UnboundedReceiver<StreamSummary> {
    let options = TcpOptions::empty().notsent_lowat(16 * 1024);
    let layer = SseLayer::new().socket(options);
    let (layer, closes) = watch(layer.stall_timeout(TIMEOUT).stall_rate(RATE));
    let (route, _) = endless();
    let app = Router::new().route("/endless", route).layer(layer);
    Server::new(None).serve_on(listener, app);
    closes
}

/// Reads so many bytes a second, little by little, until the connection ends.
async fn read_at(rate: u32, address: SocketAddr) {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let request = b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n";
    tcp.write_all(request).await.unwrap();
    let (start, mut total) = (Instant::now(), 0);
    let mut bytes = vec![0; 1 << 16];
    loop {
        sleep(Duration::from_millis(5)).await;
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as usize - total;
        let most = due.min(bytes.len());
        match tcp.read(&mut bytes[..most]).await {
            Ok(length) => total += length,
            Err(_) => return,
        }
    }
}

/// Returns how long a client is kept, if it is not for long.
async fn kept(mut closes: UnboundedReceiver<StreamSummary>) -> Option<Duration> {
    let start = Instant::now();
    let summary = timeout(LONG, closes.recv()).await.ok()?.unwrap();
    assert_eq!(summary.reason, CloseReason::Stalled);
    Some(start.elapsed())
}

async fn keep_on_loopback(rate: u32) -> Option<Duration> {
    let (listener, address) = listen("127.0.0.1").await;
    let closes = serve(listener);
    let client = tokio::spawn(read_at(rate, address));
    let kept = kept(closes).await;
    client.abort();
    println!("{rate} bytes/s: {kept:?}");
    kept
}

#[tokio::test]
async fn one_above_the_least_rate_is_kept_and_one_below_is_cut() {
    let rates = [RATE + RATE / 10, RATE / 4, 0];
    let kept = guard(futures::future::join_all(rates.map(keep_on_loopback))).await;
    assert_eq!(kept[0], None);
    for kept in &kept[1..] {
        assert!(kept.is_some_and(|kept| kept >= TIMEOUT), "{kept:?}");
    }
}

#[cfg(target_os = "linux")]
const CLIENT: &str = "TOWER_SSE_SLOW_CLIENT";

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "needs root and iproute2; `tests/all` runs it"]
async fn so_they_are_from_another_network() {
    for (rate, is_kept) in [(RATE + RATE / 10, true), (RATE / 4, false), (0, false)] {
        let Some(namespace) = crate::namespace::Namespace::new() else {
            return;
        };
        let (listener, address) = listen(&namespace.own_address()).await;
        let closes = serve(listener);
        let value = format!("{rate}@{address}");
        let test = "readers::a_client_of_another_network";
        let _client = namespace.run_test(test, CLIENT, &value);
        let kept = kept(closes).await;
        println!("{rate} bytes/s from another network: {kept:?}");
        assert_eq!(kept.is_none(), is_kept);
    }
}

/// What runs on the other side.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "is run by the test before"]
async fn a_client_of_another_network() {
    let Ok(value) = std::env::var(CLIENT) else {
        return;
    };
    let (rate, address) = value.split_once('@').unwrap();
    read_at(rate.parse().unwrap(), address.parse().unwrap()).await;
}
