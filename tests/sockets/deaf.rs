//! Clients that ask for a stream and never read: what they cost, and for how long.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    time::Instant,
};
use tokio_rustls::TlsConnector;
use tower_sse::{CloseReason, SseLayer, TcpOptions};

use crate::{endless::endless, guard, server::Server, tls, watch};

const TIMEOUT: Duration = Duration::from_millis(300);

/// What a client took that did not read, in bytes.
#[derive(Debug)]
struct Toll {
    /// At most, of the memory of this process, by both ends.
    allocated: usize,
    /// What the stream had handed out, and the client's system not taken.
    held: usize,
    /// What the client's system had taken.
    read: usize,
}

/// Serves a client that does not read until the server gives up.
fn starve(secure: bool, options: TcpOptions) -> Toll {
    let mut counts = (0, 0);
    let memory = allocation_counter::measure(|| {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        counts = runtime.block_on(stall(secure, options));
    });
    let (handed, read) = counts;
    let toll = Toll {
        allocated: memory.bytes_max as usize,
        held: handed - read,
        read,
    };
    println!("TLS: {secure}, {options:?}: {toll:?}");
    assert!(toll.read > 0);
    toll
}

/// Returns how many bytes the stream handed out, and how many the client found afterwards.
async fn stall(secure: bool, options: TcpOptions) -> (usize, usize) {
    let (acceptor, connector) = secure.then(|| tls::ends("http/1.1")).unzip();
    let layer = SseLayer::new().socket(options);
    let (layer, mut closes) = watch(layer.stall_timeout(TIMEOUT).stall_rate(u32::MAX));
    let (route, mut endless) = endless();
    let app = Router::new().route("/endless", route).layer(layer);
    let address = Server::new(acceptor).serve(app).await;

    let start = Instant::now();
    let client = ask(connector, address).await;
    let summary = guard(closes.recv()).await.unwrap();
    assert_eq!(summary.reason, CloseReason::Stalled);
    assert!(start.elapsed() >= TIMEOUT);
    endless.dropped().await;
    let read = read_to_reset(client).await;
    (endless.bytes(), read)
}

async fn ask(connector: Option<TlsConnector>, address: SocketAddr) -> TcpStream {
    const REQUEST: &[u8] = b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n";

    let Some(connector) = connector else {
        let mut tcp = TcpStream::connect(address).await.unwrap();
        tcp.write_all(REQUEST).await.unwrap();
        return tcp;
    };
    let mut stream = tls::connect(connector, address).await;
    stream.write_all(REQUEST).await.unwrap();
    stream.flush().await.unwrap();
    stream.into_inner().0
}

/// Reads what has come in the meantime, which a reset must follow. Returns how much it was.
pub(crate) async fn read_to_reset(mut tcp: TcpStream) -> usize {
    let mut bytes = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match guard(tcp.read(&mut bytes)).await {
            Ok(0) => panic!("closed as if all were well"),
            Ok(count) => total += count,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                return total;
            }
        }
    }
}

/// What hyper and TLS may hold, generously: some hundreds of kilobytes are theirs.
const MEBIBYTE: usize = 1 << 20;

/// What is left to the system when nothing is said.
fn system() -> usize {
    let sizes = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_wmem").unwrap();
    let most = sizes.split_whitespace().last().unwrap();
    most.parse().unwrap()
}

#[test]
fn one_of_http_1_1_is_cut_off_and_cost_what_the_system_lets_it() {
    let toll = starve(false, TcpOptions::empty());
    assert!(toll.allocated < MEBIBYTE);
    assert!(toll.held < system() + MEBIBYTE);
}

#[test]
fn one_of_tls_is_cut_off_and_cost_what_the_system_lets_it() {
    let toll = starve(true, TcpOptions::empty());
    assert!(toll.allocated < MEBIBYTE);
    assert!(toll.held < system() + MEBIBYTE);
}

#[test]
fn with_a_low_water_mark_neither_cost_more_than_hyper_holds() {
    for secure in [false, true] {
        let toll = starve(secure, TcpOptions::empty().notsent_lowat(16 * 1024));
        assert!(toll.allocated < MEBIBYTE);
        assert!(toll.held < MEBIBYTE);
    }
}
