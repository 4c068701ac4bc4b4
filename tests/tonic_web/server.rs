//! A health service, and a stream beside it, in every arrangement.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use futures::stream;
use http::Response;
use hyper_util::rt::TokioTimer;
use tokio::{net::TcpListener, sync::Notify};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::pb::health_server::HealthServer;
use tonic_web::GrpcWebLayer;
use tower_sse::{EarlyHeadLayer, Event, EventStream, Retry, SseLayer};

use crate::script::Script;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Host {
    Tonic,
    Axum,
}

/// Where `SseLayer` is, seen from `GrpcWebLayer`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer {
    Nowhere,
    Outside,
    Inside,
    /// Outside, with an early head inside of it.
    Early,
}

pub(crate) const HOSTS: [Host; 2] = [Host::Tonic, Host::Axum];
pub(crate) const LAYERS: [Layer; 4] = [Layer::Nowhere, Layer::Outside, Layer::Inside, Layer::Early];

/// Starts a server and returns where it is, and what lets the stream `live` go on.
pub(crate) async fn start(host: Host, layer: Layer) -> (SocketAddr, Arc<Notify>) {
    let (listener, address) = listen().await;
    let live = Arc::<Notify>::default();
    let health = HealthServer::new(Script(live.clone()));
    let router = Routes::new(health).into_axum_router().merge(stream());
    tokio::spawn(async move {
        match host {
            Host::Tonic => serve_tonic(listener, router, layer).await,
            Host::Axum => serve_axum(listener, router, layer).await,
        }
    });
    (address, live)
}

async fn serve_tonic(listener: TcpListener, router: Router, layer: Layer) {
    let routes = Routes::from(router);
    let incoming = TcpIncoming::from(listener);
    let (grpc_web, sse) = (GrpcWebLayer::new(), sse_layer());
    let server = Server::builder().accept_http1(true);
    // The first layer is the outermost.
    let served = match layer {
        Layer::Nowhere => {
            let mut server = server.layer(grpc_web);
            server
                .add_routes(routes)
                .serve_with_incoming(incoming)
                .await
        }
        Layer::Outside => {
            let mut server = server.layer(sse).layer(grpc_web);
            server
                .add_routes(routes)
                .serve_with_incoming(incoming)
                .await
        }
        Layer::Early => {
            let mut server = server.layer(sse).layer(early()).layer(grpc_web);
            server
                .add_routes(routes)
                .serve_with_incoming(incoming)
                .await
        }
        Layer::Inside => {
            let mut server = server.layer(grpc_web).layer(sse);
            server
                .add_routes(routes)
                .serve_with_incoming(incoming)
                .await
        }
    };
    served.unwrap();
}

async fn serve_axum(listener: TcpListener, router: Router, layer: Layer) {
    let (grpc_web, sse) = (GrpcWebLayer::new(), sse_layer());
    // The last layer is the outermost.
    let router = match layer {
        Layer::Nowhere => router.layer(grpc_web),
        Layer::Outside => router.layer(grpc_web).layer(sse),
        Layer::Inside => router.layer(sse).layer(grpc_web),
        Layer::Early => router.layer(grpc_web).layer(early()).layer(sse),
    };
    axum::serve(listener, router).await.unwrap();
}

/// Starts a server on which `GrpcWebLayer` is around the gRPC routes alone, so that HTTP/1.1 reaches
/// the stream beside them; `SseLayer` is around everything.
pub(crate) async fn start_apart(host: Host, stream: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    let router = Routes::new(HealthServer::new(Script::default()))
        .into_axum_router()
        .layer(GrpcWebLayer::new())
        .merge(stream);
    tokio::spawn(async move {
        match host {
            Host::Tonic => {
                let mut server = Server::builder().accept_http1(true).layer(sse_layer());
                let server = server.add_routes(Routes::from(router));
                let incoming = TcpIncoming::from(listener);
                server.serve_with_incoming(incoming).await.unwrap();
            }
            Host::Axum => {
                let router = router.layer(sse_layer());
                axum::serve(listener, router).await.unwrap();
            }
        }
    });
    address
}

/// A route that says hello.
pub(crate) fn stream() -> Router {
    let hello = || EventStream::new(stream::iter([Event::new("hello")]));
    Router::new().route("/sse", get(async move || Response::from(hello())))
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A layer that sends the head at once where the request expects a stream.
fn early() -> EarlyHeadLayer {
    EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO)
}

pub(crate) fn sse_layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new()).retry(Retry::fixed(Duration::from_secs(3)))
}
