//! `axum::response::Sse` made better: the handler stays as it is, one line adds the layer.

use std::{convert::Infallible, env, io, time::Duration};

use axum::{
    Router,
    response::{Sse, sse::Event},
    routing::get,
};
use futures::{Stream, StreamExt};
use tokio::{
    net::TcpListener,
    time::{Instant, interval_at},
};
use tokio_stream::wrappers::IntervalStream;
use tower_sse::{Heartbeat, SseLayer};

#[tokio::main]
async fn main() -> io::Result<()> {
    // 15 seconds are the default, and the better choice where nobody waits to see one.
    let layer = SseLayer::new().heartbeat(Heartbeat::every(Duration::from_secs(1)));
    let app = Router::new()
        .route("/sse", get(news))
        .layer(layer)
        // What comes after the layer is not in it.
        .route("/plain", get(news));

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("axum alone:     curl -iN http://{address}/plain");
    println!("with the layer: curl -iN http://{address}/sse");
    println!("The layer adds:");
    println!("- a first line at once: when to reconnect (retry: 2 to 5 seconds)");
    println!("- heartbeats in the silence between the events");
    println!("- no-transform, so that no proxy holds events back to compress them");
    println!("- X-Accel-Buffering: no, so that nginx does not buffer them");
    axum::serve(listener, app).await
}

/// Has news every 3 seconds, and at first none.
async fn news() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let pause = Duration::from_secs(3);
    let ticks = IntervalStream::new(interval_at(Instant::now() + pause, pause));
    Sse::new(ticks.map(|_| Ok(Event::default().data("news"))))
}
