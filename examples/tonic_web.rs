//! gRPC, gRPC-Web and Server-Sent Events on one port, with one `SseLayer` around them all.

use std::{env, io, time::Duration};

use axum::routing::get;
use futures::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio_stream::wrappers::IntervalStream;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower_sse::{Event, EventStream, SseLayer};

#[tokio::main]
async fn main() -> io::Result<()> {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let app = Routes::new(health)
        .into_axum_router()
        // Around the gRPC routes alone: over HTTP/1.1 it rejects all that is not gRPC-Web.
        .layer(GrpcWebLayer::new())
        .route("/sse", get(async || http::Response::from(clock())))
        .layer(SseLayer::new());

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("events:   curl -iN http://{address}/sse");
    println!(
        "gRPC-Web: printf '\\0\\0\\0\\0\\0' | curl -i --data-binary @- \
         -H 'content-type: application/grpc-web+proto' \
         http://{address}/grpc.health.v1.Health/Check | cat -v"
    );
    println!("gRPC:     any client of grpc.health.v1.Health, without TLS");
    axum::serve(listener, app).await
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
