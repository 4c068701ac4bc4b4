//! A clock that ticks in the browser: axum, with one `SseLayer` around all routes.

use std::{env, io, time::Duration};

use axum::{Router, response::Html, routing::get};
use futures::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio_stream::wrappers::IntervalStream;
use tower_sse::{Event, EventName, EventStream, SseLayer};

const TICK: EventName = EventName::from_static("tick");

#[tokio::main]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/sse", get(async || http::Response::from(clock())))
        .fallback(|| async { "ok" })
        .layer(SseLayer::new());

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in a browser, or: curl -N http://{address}/sse");
    axum::serve(listener, app).await
}

/// Tells the seconds since the client came, once a second.
fn clock() -> EventStream<impl Stream<Item = Event>> {
    let ticks = IntervalStream::new(tokio::time::interval(Duration::from_secs(1)));
    EventStream::new(
        ticks
            .enumerate()
            .map(|(second, _)| Event::new(second.to_string()).name(TICK).id(second)),
    )
}
