//! Connections that are set once they carry a stream: plain hyper over TLS, both versions of HTTP.
//!
//! The page and the stream report the options of their connection.

use std::{convert::Infallible, env, error::Error, future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{net::TcpListener, time::Instant};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tokio_stream::wrappers::IntervalStream;
use tower::ServiceBuilder;
use tower_sse::{Event, EventStream, Socket, SseLayer, TcpOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let layer = SseLayer::new()
        .socket(TcpOptions::new())
        .stall_timeout(Duration::from_secs(30))
        .on_close(|summary| println!("{summary}"));

    let mut server = Builder::new(TokioExecutor::new());
    // With a timer, a client has 30 seconds to send the head of its request.
    server.http1().timer(TokioTimer::new());
    // Over HTTP/2 a ping finds out whether the client is still there.
    let ping = Duration::from_secs(20);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ping);

    let tls = acceptor()?;
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on https://{address}");
    println!("a page:             curl -ki https://{address}/");
    println!("a stream, HTTP/2:   curl -kiN https://{address}/sse");
    println!("a stream, HTTP/1.1: curl -kiN --http1.1 https://{address}/sse");
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            // The client has left already, or there are too many open files.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(same) = SockRef::from(&tcp).try_clone().map(Arc::new) else {
            continue;
        };
        let socket = Socket::new(tcp);
        let service = ServiceBuilder::new()
            .layer(socket.handle())
            .layer(layer.clone())
            .service_fn(move |request| future::ready(answer(&request, same.clone())));
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

type Answer<S> = Response<Either<Full<Bytes>, EventStream<S>>>;

fn answer(
    request: &Request<Incoming>,
    socket: Arc<socket2::Socket>,
) -> Result<Answer<impl Stream<Item = Event> + use<>>, Infallible> {
    Ok(match request.uri().path() {
        "/sse" => Response::from(report(socket)).map(Either::Right),
        _ => Response::new(Either::Left((options(&socket) + "\n").into())),
    })
}

/// Reports the options of the socket once a second. The stream's first write has set them by then.
fn report(socket: Arc<socket2::Socket>) -> EventStream<impl Stream<Item = Event>> {
    let period = Duration::from_secs(1);
    let ticks = tokio::time::interval_at(Instant::now() + period, period);
    EventStream::new(IntervalStream::new(ticks).map(move |_| Event::new(options(&socket))))
}

fn options(socket: &socket2::Socket) -> String {
    match (socket.tcp_nodelay(), socket.keepalive()) {
        (Ok(nodelay), Ok(keep_alive)) => format!("no delay: {nodelay}, keep-alive: {keep_alive}"),
        (Err(error), _) | (_, Err(error)) => error.to_string(),
    }
}
