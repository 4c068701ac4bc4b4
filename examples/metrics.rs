//! Streams as an operator sees them: a page of metrics for Prometheus beside the stream.

use std::{env, error::Error, time::Duration};

use axum::{Router, routing::get};
use futures::{Stream, StreamExt};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio_stream::wrappers::IntervalStream;
use tower_sse::{Event, EventStream, SseLayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let prometheus = PrometheusBuilder::new().install_recorder()?;
    let layer = SseLayer::new()
        .label("route", |head| Some(head.uri().path().to_owned()))
        .metrics();
    let app = Router::new()
        .route("/sse", get(async || http::Response::from(clock())))
        // A label of the path would take any value on a route with parameters, or on none.
        .route_layer(layer)
        .route("/metrics", get(async move || prometheus.render()));

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open streams: curl -N http://{address}/sse");
    println!("then look:    curl http://{address}/metrics");
    axum::serve(listener, app).await?;
    Ok(())
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
