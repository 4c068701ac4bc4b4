//! Servers within the process.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use futures::stream;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tower_sse::{Event, EventStream, Shutdown, SseLayer};

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Ends when the server has come to its end.
    pub(crate) serving: JoinHandle<()>,
}

/// Serves `/sse`, a stream that is idle, beside other routes.
pub(crate) fn app(others: Router, shutdown: &Shutdown) -> Router {
    let silence = async || http::Response::from(EventStream::new(stream::pending::<Event>()));
    let layer = SseLayer::new().shutdown(shutdown);
    others.route("/sse", get(silence)).layer(layer)
}

impl Server {
    /// Serves with axum, gracefully.
    pub(crate) async fn axum(app: Router, shutdown: &Shutdown) -> Self {
        let (listener, address) = listen().await;
        let serve = axum::serve(listener, app).with_graceful_shutdown(shutdown.triggered());
        let serving = tokio::spawn(async { serve.await.unwrap() });
        Self { address, serving }
    }

    /// Serves with hyper-util, HTTP/1.1 and h2c on one port, gracefully.
    pub(crate) async fn hyper(app: Router, shutdown: &Shutdown) -> Self {
        let (listener, address) = listen().await;
        let serving = tokio::spawn(serve(listener, app, shutdown.clone()));
        Self { address, serving }
    }
}

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Ends when all connections have ended, cleanly, and nothing is left of them.
async fn serve(listener: TcpListener, app: Router, shutdown: Shutdown) {
    let builder = auto::Builder::new(TokioExecutor::new());
    let service = TowerToHyperService::new(app);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut triggered = std::pin::pin!(shutdown.triggered());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let io = TokioIo::new(accepted.unwrap().0);
                let connection = builder.serve_connection(io, service.clone()).into_owned();
                connections.spawn(graceful.watch(connection));
            }
            () = &mut triggered => break,
        }
    }
    drop(listener);
    graceful.shutdown().await;
    for end in connections.join_all().await {
        end.unwrap();
    }
}
