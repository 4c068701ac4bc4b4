use std::net::{Ipv4Addr, SocketAddr};

use axum::{Extension, Router, extract::ConnectInfo, response::Html, routing::get};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use tower_sse::Socket;

use crate::{guard, page::PAGE, tls};

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// HTTP/1.1, for browsers.
    Http,
    /// The same over sockets that streams can reset.
    HttpSocket,
    /// HTTP/2, over TLS.
    Https,
}

pub(crate) const BOTH: [Scheme; 2] = [Scheme::Http, Scheme::Https];

/// A server that can be killed.
pub(crate) struct Server {
    scheme: Scheme,
    pub(crate) address: SocketAddr,
    end: oneshot::Sender<End>,
    serving: JoinHandle<()>,
}

enum End {
    Kill,
    Finish,
}

impl Server {
    /// Serves the routes, and the page at `/`.
    pub(crate) async fn start(scheme: Scheme, app: Router) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), scheme, app).await
    }

    pub(crate) async fn start_at(address: SocketAddr, scheme: Scheme, app: Router) -> Self {
        Self::start_on(TcpListener::bind(address).await.unwrap(), scheme, app)
    }

    pub(crate) fn start_on(listener: TcpListener, scheme: Scheme, app: Router) -> Self {
        let address = listener.local_addr().unwrap();
        let app = app.route("/", get(async || Html(PAGE)));
        let (end, ended) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, scheme, app, ended));
        Self {
            scheme,
            address,
            end,
            serving,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = match self.scheme {
            Scheme::Http | Scheme::HttpSocket => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://{}{path}", self.address)
    }

    /// Ends it as a process that is killed. Returns the address for the next.
    pub(crate) async fn kill(self) -> SocketAddr {
        self.stop(End::Kill).await
    }

    /// Stops listening, and waits for the connections to end.
    pub(crate) async fn finish(self) -> SocketAddr {
        self.stop(End::Finish).await
    }

    async fn stop(self, how: End) -> SocketAddr {
        assert!(self.end.send(how).is_ok());
        guard(self.serving).await.unwrap();
        self.address
    }
}

async fn serve(
    listener: TcpListener,
    scheme: Scheme,
    app: Router,
    mut ended: oneshot::Receiver<End>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let end = loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, client) = accepted.unwrap();
                socket.set_nodelay(true).unwrap();
                let app = app.clone().layer(Extension(ConnectInfo(client)));
                connections.spawn(connection(socket, scheme, app, graceful.watcher()));
            }
            // A server that is dropped is killed.
            end = &mut ended => break end.unwrap_or(End::Kill),
        }
    };
    drop(listener);
    if let End::Finish = end {
        graceful.shutdown().await;
    }
    connections.shutdown().await;
}

type Watcher = hyper_util::server::graceful::Watcher;

async fn connection(socket: TcpStream, scheme: Scheme, app: Router, watcher: Watcher) {
    match scheme {
        Scheme::Http => speak(socket, app, watcher).await,
        Scheme::HttpSocket => {
            let socket = Socket::new(socket);
            let app = app.layer(Extension(socket.handle()));
            speak(socket, app, watcher).await;
        }
        Scheme::Https => {
            // Browsers try things, and leave.
            if let Ok(socket) = tls::acceptor().accept(socket).await {
                speak(socket, app, watcher).await;
            }
        }
    }
}

async fn speak<I>(io: I, app: Router, watcher: Watcher)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(io), TowerToHyperService::new(app));
    // Fails where a test's stream does, or its client leaves.
    let _ = watcher.watch(connection.into_owned()).await;
}
