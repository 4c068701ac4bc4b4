//! hyper's server, HTTP/1 and HTTP/2 on one port.

use std::{convert::Infallible, future::ready, net::SocketAddr, time::Duration};

use futures::{Stream, StreamExt};
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::oneshot};
use tower::{Layer, Service, service_fn};
use tower_sse::{BoxError, Heartbeat, IntoSseResponse, Retry, SseLayer};

use crate::guard;

/// Returns a layer whose streams can be written out: `retry: 1000` and no heartbeats.
pub(crate) fn quiet() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new())
        .retry(Retry::fixed(Duration::from_secs(1)))
        .heartbeat(Heartbeat::off())
}

/// Serves the same answer, within the layer, to each request.
pub(crate) async fn serve<R>(
    layer: SseLayer,
    answer: impl Fn() -> R + Clone + Send + Sync + 'static,
) -> SocketAddr
where
    R: IntoSseResponse + Send + 'static,
    R::Body: Send + 'static,
    <R::Body as Body>::Error: Into<BoxError> + Send,
{
    let service = service_fn(move |_: Request<Incoming>| ready(Ok::<_, Infallible>(answer())));
    serve_service(layer.layer(service)).await
}

pub(crate) async fn serve_service<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // Nagle's algorithm would put together what is sent apart.
            socket.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                // Fails where a test's stream does, or its client leaves.
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), service)
                    .await;
            });
        }
    });
    address
}

pub(crate) async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Resolves when a stream has been dropped.
pub(crate) struct Dropped(oneshot::Receiver<()>);

impl Dropped {
    pub(crate) async fn wait(self) {
        assert!(guard(self.0).await.is_err(), "nobody sends");
    }

    pub(crate) fn is_yet(&mut self) -> bool {
        !matches!(self.0.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }
}

pub(crate) fn watched<S: Stream>(stream: S) -> (impl Stream<Item = S::Item>, Dropped) {
    let (held, dropped) = oneshot::channel();
    let stream = stream.map(move |item| {
        let _ = &held;
        item
    });
    (stream, Dropped(dropped))
}
