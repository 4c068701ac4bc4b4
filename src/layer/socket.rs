//! The setters for the connections below the streams.

use std::{sync::Arc, time::Duration};

use crate::{SseLayer, TcpOptions, socket::Tuning};

impl SseLayer {
    /// Sets TCP options of a connection when it begins to carry a stream, before the first byte of the
    /// response.
    ///
    /// This needs a [`Socket`](crate::Socket) around the accepted socket and its
    /// [`SocketHandle`](crate::SocketHandle) in the extensions of the request; without them nothing is
    /// set, silently. A connection that
    /// serves pages stays as it is until it carries a stream, and keeps the options afterwards.
    ///
    /// Where streams share a connection, over HTTP/2 or one after the other, each sets its options
    /// when it begins: they replace those of an earlier stream, and what they leave unset stays.
    /// Where layers are shared, the inner layer's options come first. An option that the system
    /// rejects is left out.
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
    /// With TLS, take the handle first: `let handle = socket.handle();`, then
    /// `acceptor.accept(socket)`. For axum there are `SocketListener` and `MakeServiceWithSocket` (feature
    /// `axum-serve`).
    pub fn socket(self, options: TcpOptions) -> Self {
        self.tune(|tuning| tuning.options = options)
    }

    /// Resets a connection whose client reads too slowly: nothing for this time, or less than
    /// [`stall_rate`](Self::stall_rate) for longer. The stream closes as
    /// [`CloseReason::Stalled`](crate::CloseReason::Stalled). There is no such timeout by default.
    ///
    /// It needs the same [`Socket`](crate::Socket) and [`SocketHandle`](crate::SocketHandle) as
    /// [`socket`](Self::socket), though no options have to be set.
    ///
    /// # Stall detection
    ///
    /// Time counts while a write waits because the system takes no more. Each byte that the system
    /// then takes pays for its share of the time at the least rate, and time in which nothing waits
    /// is paid back in full. The connection is reset when more than the timeout is owed. So a
    /// client that reads nothing is cut after the timeout, one that reads at half the least rate
    /// after twice the timeout, and one that keeps up with the stream, or reads at the least rate,
    /// is never cut.
    ///
    /// # Send buffers and steps
    ///
    /// The system does not say how much a client has read, only that there is room again, and this
    /// in steps: on Linux when the unsent bytes fall below half of
    /// [`notsent_lowat`](TcpOptions::notsent_lowat) or, without it, when a third of the send
    /// buffer is free. The client's system announces room in steps too. Between two steps, a slow
    /// client looks like one that reads nothing.
    ///
    /// Therefore the timeout is never shorter than a step takes at the least rate. A step counts as
    /// the low-water mark, or a third of the send buffer if that is less, and 512 KiB for the
    /// client's system:
    ///
    /// | socket | step | least timeout at 16 KiB/s |
    /// |---|--:|--:|
    /// | [`TcpOptions::new`] (128 KiB unsent) | 640 KiB | 40 s |
    /// | no low-water mark, a send buffer of 4 MiB | 1,877 KiB | 117 s |
    ///
    /// For a shorter timeout, set a higher rate. Over loopback, the largest step was 168 KiB with a
    /// low-water mark of 128 KiB and 1,420 KiB without; if the client had read fast before, so that
    /// its system had enlarged the receive buffer, single steps reached 900 KiB with a mark (`cargo
    /// bench --bench slow_client --all-features`). A client whose system may enlarge it far beyond
    /// 6 MB, or one that reads in bursts, such as a proxy with buffers of its own, needs a timeout
    /// that covers its steps.
    ///
    /// Nothing waits here until the system's own buffers are full, which takes some 300 KiB with
    /// [`TcpOptions::new`] and 4 MB without a low-water mark. If nothing waits, or if it is
    /// shorter, the [`user_timeout`](TcpOptions::user_timeout) ends the connection of a client that
    /// reads nothing, and the stream closes as [`ClientGone`](crate::CloseReason::ClientGone): set
    /// it longer than this timeout.
    ///
    /// # Scope
    ///
    /// The timeout of a stream holds until the last stream on the connection has ended and its
    /// bytes are written: a page, a download or an upgraded connection that follows is not cut. A
    /// write that was given up is no stall either. A later stream with a timeout of its own
    /// replaces it.
    ///
    /// Over HTTP/2 it sees the connection as a whole. A stream whose client gives it no window
    /// stalls unseen while others go on; and with the usual window of 64 KiB, a client that reads
    /// nothing at all does not fill the system's buffers either. hyper's `keep_alive_interval`
    /// finds that client and ends its streams; where the buffers are full, the connection then
    /// waits for this timeout.
    pub fn stall_timeout(self, timeout: Duration) -> Self {
        self.tune(|tuning| tuning.stall_timeout = Some(timeout))
    }

    /// Sets the minimum rate at which a client must read pending bytes, in bytes per second.
    ///
    /// The default is 16 KiB per second. It has no effect without
    /// [`stall_timeout`](Self::stall_timeout), which explains the rule. Zero counts as one.
    ///
    /// The lower the rate, the longer it takes to notice a client that reads nothing: with
    /// [`TcpOptions::new`], 40 seconds at 16 KiB/s, and 11 minutes at 1,000 bytes per second.
    pub fn stall_rate(self, bytes_per_second: u32) -> Self {
        self.tune(|tuning| tuning.stall_rate = Some(bytes_per_second))
    }

    fn tune(mut self, tune: impl FnOnce(&mut Tuning)) -> Self {
        let config = Arc::make_mut(&mut self.config);
        tune(config.tuning.get_or_insert(Tuning::NONE));
        self
    }
}
