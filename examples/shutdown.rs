//! A server that ends its streams when it receives the signal to stop: axum, SIGTERM or ctrl-c.

use std::{env, future::Future, io, process, time::Duration};

use axum::{Router, routing::get};
use futures::{Stream, stream};
use tokio::net::TcpListener;
use tower_sse::{Event, EventStream, Shutdown, SseLayer};

/// How long the server still accepts connections after it received the signal to stop. A proxy
/// answers 502 or 503 for a server that does not listen, which stops browsers for good; the layer
/// says to clients that connect in this time when to come back.
const LISTEN_ON: Duration = Duration::from_secs(5);

/// How long it then waits for clients at most: longer than the 20 seconds that a stream may go on
/// whose client cannot resume it, and shorter than the 30 after which Kubernetes kills.
const DEADLINE: Duration = Duration::from_secs(25);

#[tokio::main]
async fn main() -> io::Result<()> {
    let shutdown = Shutdown::new();
    let app = Router::new()
        .route("/sse", get(async || http::Response::from(silence())))
        .layer(SseLayer::new().shutdown(&shutdown));

    let (signal, on_signal) = (signal_to_stop()?, shutdown.clone());
    tokio::spawn(async move {
        signal.await;
        on_signal.trigger();
    });

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open a few streams: curl -iN -H 'Accept: text/event-stream' http://{address}/sse");
    println!("then end them all:  kill {}", process::id());

    let stop_listening = shutdown.triggered_for(LISTEN_ON);
    let serve = axum::serve(listener, app).with_graceful_shutdown(stop_listening);
    tokio::select! {
        result = serve => {
            result?;
            println!("streams ended: {}", shutdown.drained().await);
        }
        // A client that does not read can hold its connection for ever.
        left = shutdown.deadline(DEADLINE) => println!("streams left: {left}"),
    }
    Ok(())
}

/// Never has an event.
fn silence() -> EventStream<impl Stream<Item = Event>> {
    EventStream::new(stream::pending())
}

/// Is ready on SIGTERM, which `kill`, systemd and Kubernetes send, and on ctrl-c.
#[cfg(unix)]
fn signal_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Is ready on ctrl-c.
#[cfg(not(unix))]
fn signal_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where it cannot be waited for, nothing but a kill stops the server.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
