//! A dashboard: 500 values that change 50 times a second, over HTTP/2 and TLS. A client that is too slow
//! for 25,000 updates a second gets the newest of each value.

use std::{env, error::Error, num::NonZeroUsize, sync::Arc, time::Duration};

use axum::{Router, extract::State, response::Html, routing::get};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tower::ServiceBuilder;
use tower_sse::{
    ChannelOptions, EventStream, Json, KeyPolicy, KeyedChannel, LastEventId, PublishError, Socket,
    SseLayer, Subscription, TcpOptions,
};

const KEYS: NonZeroUsize = NonZeroUsize::new(500).unwrap();
/// The time between two changes of a value.
const PERIOD: Duration = Duration::from_millis(20);

/// The key, the round and the value: `data: [17,3,0.42]`.
type Reading = Json<(usize, u64, f64)>;

type Board = KeyedChannel<Reading>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let board = Board::new(ChannelOptions::new().keyed(KEYS, KeyPolicy::reject()));
    publish(&board, 0)?;
    tokio::spawn(change(board.clone()));
    let router = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sse", get(watch))
        .with_state(board);

    // A client that reads slowly stays. One that reads nothing is closed.
    let layer = SseLayer::new()
        .socket(TcpOptions::new())
        .stall_timeout(Duration::from_secs(30))
        .on_close(|summary| println!("{summary}"));
    let mut server = Builder::new(TokioExecutor::new());
    // With a timer, a client has 30 seconds to send the head of its request.
    server.http1().timer(TokioTimer::new());
    // Over HTTP/2 a ping finds out whether the client is still there.
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20));

    let tls = acceptor()?;
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on https://{address}");
    println!("open it and accept its certificate, or: curl -kN https://{address}/sse");
    println!("a slow client: curl -kN --limit-rate 50k https://{address}/sse");
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            // The client has left already, or there are too many open files.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let socket = Socket::new(tcp);
        let service = ServiceBuilder::new()
            .layer(socket.handle())
            .layer(layer.clone())
            .service(router.clone());
        let (server, handshake) = (server.clone(), tls.accept(socket));
        tokio::spawn(async move {
            // One that fails, or takes for ever, must not hold up the next connection.
            let handshake = tokio::time::timeout(Duration::from_secs(10), handshake);
            let Ok(Ok(stream)) = handshake.await else {
                return;
            };
            let service = TowerToHyperService::new(service);
            // It fails when the client goes, which is how most streams end.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Sends the newest of each value, and then all changes that the client is fast enough for.
async fn watch(
    State(board): State<Board>,
    last_event_id: Option<LastEventId>,
) -> EventStream<Subscription> {
    EventStream::new(board.resume(last_event_id.as_ref()))
}

/// Changes all values, again and again.
async fn change(board: Board) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 1.. {
        ticks.tick().await;
        if let Err(error) = publish(&board, round) {
            return eprintln!("{error}");
        }
    }
}

fn publish(board: &Board, round: u64) -> Result<(), PublishError> {
    for key in 0..KEYS.get() {
        let value = (round as f64 / 50.0 + key as f64 / 25.0).sin();
        let value = (value * 100.0).round() / 100.0;
        board.publish(&key.to_string(), Json((key, round, value)))?;
    }
    Ok(())
}

/// Makes a certificate of its own, which a client has no reason to trust.
fn acceptor() -> Result<TlsAcceptor, Box<dyn Error>> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names)?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.into()], own.signing_key.into())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
