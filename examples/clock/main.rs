//! A clock that ticks in the browser: a feed for each client, over a socket that is set for it.

use std::{env, io, time::Duration};

use axum::{Router, response::Html, routing::get};
use futures::{Stream, StreamExt};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_stream::wrappers::IntervalStream;
use tower_sse::{EventStream, MakeServiceWithSocket, SocketListener, SseLayer, Tagged, TcpOptions};

/// All that the clock can say: `event: tick`, with JSON as data.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Clock {
    Tick { second: usize },
}

#[tokio::main]
async fn main() -> io::Result<()> {
    // No delay and keep-alive, for the connections that come to carry a stream.
    let layer = SseLayer::new()
        .socket(TcpOptions::new())
        .stall_timeout(Duration::from_secs(30));
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sse", get(async || clock()))
        .fallback(async || "ok")
        .layer(layer);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in a browser, or: curl -N http://{address}/sse");
    let listener = SocketListener::new(listener);
    axum::serve(listener, MakeServiceWithSocket(app.into_make_service())).await
}

/// Streams the seconds since the client connected, once a second, until it disconnects.
fn clock() -> EventStream<impl Stream<Item = Tagged<Clock>>> {
    let ticks = IntervalStream::new(tokio::time::interval(Duration::from_secs(1)));
    EventStream::tagged(ticks.enumerate().map(|(second, _)| Clock::Tick { second }))
}
