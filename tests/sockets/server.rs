//! hyper's server with sockets that streams can set, HTTP/1.1 and HTTP/2 on one port.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_rustls::TlsAcceptor;
use tower::Layer;
use tower_sse::{AddSocketHandle, Socket};

use crate::{
    guard,
    settings::{Settings, every_setting},
};

pub(crate) struct Server {
    builder: Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    accepts: Option<UnboundedSender<Accepted>>,
    ends: Option<UnboundedSender<()>>,
}

/// The server's end of a connection, which stays open as long as this lives.
pub(crate) struct Accepted {
    socket: socket2::Socket,
    before: Settings,
}

pub(crate) async fn listen(address: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

impl Server {
    pub(crate) fn new(tls: Option<TlsAcceptor>) -> Self {
        Self {
            builder: Builder::new(TokioExecutor::new()),
            tls,
            accepts: None,
            ends: None,
        }
    }

    /// Has the connections shown that it accepts.
    pub(crate) fn show(mut self) -> (Self, UnboundedReceiver<Accepted>) {
        let (accepts, accepted) = unbounded_channel();
        self.accepts = Some(accepts);
        (self, accepted)
    }

    /// Has the end of each connection reported.
    pub(crate) fn report_ends(mut self) -> (Self, UnboundedReceiver<()>) {
        let (ended, ends) = unbounded_channel();
        self.ends = Some(ended);
        (self, ends)
    }

    /// Has HTTP/2's pings sent to clients that are silent, which have as much time again to answer.
    pub(crate) fn ping(mut self, interval: Duration) -> Self {
        let mut http2 = self.builder.http2();
        http2.timer(TokioTimer::new());
        http2.keep_alive_interval(interval);
        http2.keep_alive_timeout(interval);
        self
    }

    /// Has clients served that close their half of the connection after a request.
    pub(crate) fn half_close(mut self) -> Self {
        self.builder.http1().half_close(true);
        self
    }

    pub(crate) async fn serve(self, app: Router) -> SocketAddr {
        let (listener, address) = listen("127.0.0.1").await;
        self.serve_on(listener, app);
        address
    }

    pub(crate) fn serve_on(self, listener: TcpListener, app: Router) {
        let server = Arc::new(self);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                if let Some(accepts) = &server.accepts {
                    let _ = accepts.send(Accepted::of(&tcp));
                }
                tokio::spawn(Arc::clone(&server).connect(tcp, app.clone()));
            }
        });
    }

    async fn connect(self: Arc<Self>, tcp: TcpStream, app: Router) {
        let socket = Socket::new(tcp);
        let app = socket.handle().layer(app);
        match &self.tls {
            Some(tls) => {
                let stream = tls.accept(socket).await.unwrap();
                self.carry(stream, app).await;
            }
            None => self.carry(socket, app).await,
        }
    }

    async fn carry<I>(&self, io: I, app: AddSocketHandle<Router>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(app);
        // Fails where a client leaves or is left.
        let served = self.builder.serve_connection(TokioIo::new(io), service);
        let _ = served.await;
        if let Some(ends) = &self.ends {
            let _ = ends.send(());
        }
    }
}

impl Accepted {
    pub(crate) fn of(tcp: &TcpStream) -> Self {
        let socket = SockRef::from(tcp).try_clone().unwrap();
        let before = Settings::of(&socket);
        Self { socket, before }
    }

    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        assert_eq!(Settings::of(&self.socket), self.before);
    }

    /// Checks that it has got [`every_option`](crate::settings::every_option).
    #[track_caller]
    pub(crate) fn assert_set(&self) {
        assert_ne!(self.before, every_setting());
        assert_eq!(Settings::of(&self.socket), every_setting());
    }
}

/// Returns the connection that is accepted next.
pub(crate) async fn next(accepted: &mut UnboundedReceiver<Accepted>) -> Accepted {
    guard(accepted.recv()).await.unwrap()
}
