//! hyper's server, HTTP/1.1.

use std::{convert::Infallible, future::ready, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::Stream;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};
use tower::{Layer, Service, service_fn};
use tower_sse::{BoxError, ChannelEvent, EventStream, Heartbeat, LastEventId, Retry, SseLayer};

use crate::guard;

/// What a [`small_socket`] is asked to buffer.
const BUFFER: u32 = 8 * 1024;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Arc<Notify>,
    serving: JoinHandle<()>,
}

/// Returns a layer whose streams can be written out: `retry: 1000` and no heartbeats.
pub(crate) fn quiet() -> SseLayer {
    SseLayer::new()
        .retry(Retry::fixed(Duration::from_secs(1)))
        .heartbeat(Heartbeat::off())
}

/// Returns a server whose connections hold as little as may be of what is not read.
pub(crate) fn frugal() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.max_buf_size(8192);
    http
}

/// Makes a socket that buffers as little as is sensible, and so do those that it accepts.
pub(crate) fn small_socket() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(BUFFER).unwrap();
    socket.set_recv_buffer_size(BUFFER).unwrap();
    socket
}

impl Server {
    /// Serves a subscription for each request, by its path and its id.
    pub(crate) fn start<F, S>(
        http: http1::Builder,
        layer: SseLayer,
        socket: TcpSocket,
        subscribe: F,
    ) -> Self
    where
        F: Fn(&str, Option<&LastEventId>) -> S + Clone + Send + Sync + 'static,
        S: Stream<Item = ChannelEvent> + Send + 'static,
    {
        let address = "127.0.0.1:0".parse().unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(1024).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let answer = move |request: Request<Incoming>| {
            let last_event_id = request.extensions().get();
            let subscription = subscribe(request.uri().path(), last_event_id);
            ready(Ok::<_, Infallible>(EventStream::new(subscription)))
        };
        let service = layer.layer(service_fn(answer));
        let serving = serve(listener, http, service, Arc::clone(&stop));
        Self {
            address,
            stop,
            serving: tokio::spawn(serving),
        }
    }

    /// Takes no more connections, waits until all have ended, and fails if one has panicked.
    pub(crate) async fn end(self) {
        self.stop.notify_one();
        guard(self.serving).await.unwrap();
    }
}

async fn serve<S, B>(listener: TcpListener, http: http1::Builder, service: S, stop: Arc<Notify>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = TowerToHyperService::new(service);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let io = TokioIo::new(accepted.unwrap().0);
                let connection = http.serve_connection(io, service.clone());
                // It fails when the client goes.
                connections.spawn(async { drop(connection.await) });
            }
            Some(ended) = connections.join_next() => ended.unwrap(),
            () = stop.notified() => break,
        }
    }
    drop(listener);
    connections.join_all().await;
}
