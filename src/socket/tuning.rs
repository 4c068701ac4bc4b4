use std::{sync::Arc, time::Duration};

use super::{SocketHandle, TcpOptions};
use crate::{SseLayer, timer::SharedTimer};

/// How a layer wants the connections that carry its streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuning {
    options: TcpOptions,
    stall_timeout: Option<Duration>,
}

/// What a socket is to do when a stream begins on it.
pub(super) struct Orders {
    pub(super) options: TcpOptions,
    pub(super) stall_timeout: Option<Duration>,
    pub(super) timer: SharedTimer,
}

impl Tuning {
    /// Tells a connection that it carries a stream, and tells whether that is news.
    pub(crate) fn tune(&self, socket: &SocketHandle, timer: &SharedTimer) -> bool {
        socket.leave(Orders {
            options: self.options,
            stall_timeout: self.stall_timeout,
            timer: timer.clone(),
        })
    }
}

impl SseLayer {
    /// Sets the connections that come to carry a stream, before the first byte of its response.
    ///
    /// It takes a [`Socket`](crate::Socket) around the accepted socket and its
    /// [`SocketHandle`] in the extensions of the request; without them nothing is set, and nobody
    /// says so. A
    /// connection that serves pages stays as it is until it carries a stream, and then remains so.
    /// Where streams share a connection, over HTTP/2 or one after the other, those of the first
    /// count. An option that the system refuses is left out.
    ///
    /// With hyper, in the accept loop:
    ///
    /// ```no_run
    /// # #[cfg(feature = "tokio")]
    /// # async fn serve(listener: tokio::net::TcpListener) {
    /// use futures_util::stream;
    /// use hyper_util::{
    ///     rt::{TokioExecutor, TokioIo}, server::conn::auto::Builder, service::TowerToHyperService,
    /// };
    /// use std::{convert::Infallible, time::Duration};
    /// use tower::{Layer, ServiceBuilder};
    /// use tower_sse::{Event, EventStream, Socket, SseLayer, TcpOptions};
    ///
    /// let layer = SseLayer::new()
    ///     .socket(TcpOptions::new())
    ///     .stall_timeout(Duration::from_secs(30));
    /// let service = ServiceBuilder::new().layer(layer).service_fn(async |_: http::Request<_>| {
    ///     Ok::<_, Infallible>(EventStream::new(stream::iter([Event::new("hello")])))
    /// });
    /// loop {
    ///     let Ok((tcp, _)) = listener.accept().await else { continue };
    ///     let socket = Socket::new(tcp);
    ///     let service = TowerToHyperService::new(socket.handle().layer(service.clone()));
    ///     tokio::spawn(async move {
    ///         let builder = Builder::new(TokioExecutor::new());
    ///         let _ = builder.serve_connection(TokioIo::new(socket), service).await;
    ///     });
    /// }
    /// # }
    /// ```
    ///
    /// With TLS the handle is taken before: `let handle = socket.handle();`, then
    /// `acceptor.accept(socket)`. With axum there are `SocketListener` and `WithSocket` (feature
    /// `axum-serve`).
    pub fn socket(self, options: TcpOptions) -> Self {
        self.tune(|tuning| tuning.options = options)
    }

    /// Aborts a connection that carries a stream when, for this time, its client has read nothing
    /// though there was something to send. The stream closes as
    /// [`CloseReason::Stalled`](crate::CloseReason::Stalled).
    ///
    /// It takes what [`socket`](Self::socket) takes, though options need not be set; and it holds for what
    /// follows on the same connection, too, such as a download that is paused. There is no
    /// such timeout by default.
    ///
    /// The system's own buffers come first: a client counts as one that does not read when they are
    /// full. With [`TcpOptions::new`] that is after some 300 KiB, without its
    /// [`unsent_low_water`](TcpOptions::unsent_low_water) after some 4 MB, which a small stream takes
    /// hours for; until then, once the client's own system is full, the
    /// [`user_timeout`](TcpOptions::user_timeout) ends its connection. Let that be longer than this
    /// timeout, or the reason is that the client is gone. What has been sent by then and what hyper
    /// holds is thrown away.
    ///
    /// Over HTTP/2 this is so for the connection as a whole alone. A stream whose client gives it no
    /// more window stalls unseen, while others on the connection go on; with the usual window of
    /// 64 KiB a client that reads nothing at all does not fill the system's buffers either. hyper's
    /// `keep_alive_interval` finds that one, and ends its streams; where the buffers are full, the
    /// connection itself then waits for this timeout.
    pub fn stall_timeout(self, timeout: Duration) -> Self {
        self.tune(|tuning| tuning.stall_timeout = Some(timeout))
    }

    fn tune(mut self, tune: impl FnOnce(&mut Tuning)) -> Self {
        let config = Arc::make_mut(&mut self.config);
        tune(config.tuning.get_or_insert(Tuning {
            options: TcpOptions::empty(),
            stall_timeout: None,
        }));
        self
    }
}
