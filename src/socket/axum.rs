//! `axum::serve` with sockets that streams can set.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use ::axum::serve::{IncomingStream, Listener};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{AddSocketHandle, Socket, SocketHandle};

/// A listener for [`axum::serve`](mod@::axum::serve) whose connections are [`Socket`]s.
///
/// It needs a [`MakeServiceWithSocket`], without which nothing is set. `ConnectInfo` keeps working.
///
/// ```no_run
/// # async fn serve() -> std::io::Result<()> {
/// use axum::{Router, extract::ConnectInfo, routing::get};
/// use futures_util::{Stream, stream};
/// use std::net::SocketAddr;
/// use tokio::net::TcpListener;
/// use tower_sse::{Event, EventStream, MakeServiceWithSocket, SocketListener, SseLayer, TcpOptions};
///
/// async fn hello(
///     ConnectInfo(client): ConnectInfo<SocketAddr>,
/// ) -> EventStream<impl Stream<Item = Event>> {
///     EventStream::new(stream::iter([Event::new(format!("hello {client}"))]))
/// }
///
/// let layer = SseLayer::with_timer(hyper_util::rt::TokioTimer::new()).socket(TcpOptions::new());
/// let app = Router::new().route("/sse", get(hello)).layer(layer);
///
/// let listener = SocketListener::new(TcpListener::bind("127.0.0.1:3000").await?);
/// let app = MakeServiceWithSocket(app.into_make_service_with_connect_info::<SocketAddr>());
/// axum::serve(listener, app).await
/// # }
/// ```
#[derive(Debug)]
pub struct SocketListener<L> {
    inner: L,
}

impl<L> SocketListener<L> {
    /// Wraps a listener.
    pub fn new(inner: L) -> Self {
        Self { inner }
    }
}

impl<L> Listener for SocketListener<L>
where
    L: Listener,
    Socket<L::Io>: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
    type Io = Socket<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Socket<L::Io>, L::Addr) {
        let (io, address) = self.inner.accept().await;
        (Socket::new(io), address)
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.inner.local_addr()
    }
}

/// A make-service that adds the handle of the connection's [`Socket`] to the services of another,
/// one for each connection.
///
/// Put it around `Router::into_make_service()`, or
/// `into_make_service_with_connect_info::<SocketAddr>()`, not around a bare `Router`, and use it
/// together with a [`SocketListener`]. A connect info type of your own implements axum's
/// `Connected<SocketAddr>`.
#[derive(Clone, Debug)]
pub struct MakeServiceWithSocket<M>(pub M);

impl<'a, M, L, T> Service<IncomingStream<'a, L>> for MakeServiceWithSocket<M>
where
    L: Listener<Io = Socket<T>>,
    L::Addr: Clone,
    M: Service<L::Addr>,
{
    type Response = AddSocketHandle<M::Response>;
    type Error = M::Error;
    type Future = MakeServiceWithSocketFuture<M::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), M::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, stream: IncomingStream<'a, L>) -> MakeServiceWithSocketFuture<M::Future> {
        MakeServiceWithSocketFuture {
            inner: self.0.call(stream.remote_addr().clone()),
            handle: stream.io().handle(),
        }
    }
}

/// The response future of [`MakeServiceWithSocket`].
#[pin_project]
pub struct MakeServiceWithSocketFuture<F> {
    #[pin]
    inner: F,
    handle: SocketHandle,
}

impl<F, S, E> Future for MakeServiceWithSocketFuture<F>
where
    F: Future<Output = Result<S, E>>,
{
    type Output = Result<AddSocketHandle<S>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let service = ready!(this.inner.poll(cx))?;
        Poll::Ready(Ok(this.handle.layer(service)))
    }
}

impl<F> fmt::Debug for MakeServiceWithSocketFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakeServiceWithSocketFuture")
            .finish_non_exhaustive()
    }
}
