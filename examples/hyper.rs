//! Plain hyper, no framework: HTTP/1.1 and HTTP/2 without TLS (h2c) on one port.

use std::{convert::Infallible, env, io, time::Duration};

use futures::{Stream, StreamExt};
use http::Request;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::IntervalStream;
use tower::ServiceBuilder;
use tower_sse::{Event, EventStream, SseLayer};

#[tokio::main]
async fn main() -> io::Result<()> {
    let service = ServiceBuilder::new()
        .layer(SseLayer::new())
        .service_fn(async |_request: Request<Incoming>| Ok::<_, Infallible>(clock()));
    let service = TowerToHyperService::new(service);

    let mut server = Builder::new(TokioExecutor::new());
    // With a timer, a client has 30 seconds to send the head of its request.
    server.http1().timer(TokioTimer::new());
    // Over HTTP/2 a ping finds out whether the client is still there.
    let ping = Duration::from_secs(20);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ping);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("HTTP/1.1: curl -iN http://{address}");
    println!("HTTP/2:   curl -iN --http2-prior-knowledge http://{address}");
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // The client has left already, or there are too many open files.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (server, service) = (server.clone(), service.clone());
        tokio::spawn(async move {
            // It fails when the client goes, which is how most streams end.
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

/// Streams the seconds since the client connected, once a second.
fn clock() -> EventStream<impl Stream<Item = Event>> {
    let ticks = IntervalStream::new(tokio::time::interval(Duration::from_secs(1)));
    EventStream::new(
        ticks
            .enumerate()
            .map(|(second, _)| Event::new(second.to_string())),
    )
}
