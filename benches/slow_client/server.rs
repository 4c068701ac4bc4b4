use std::{
    convert::Infallible,
    future::ready,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::ServiceBuilder;
use tower_sse::{Socket, SseLayer, TcpOptions};

use crate::{counted::Counted, events::Events, work::Work};

/// Serves one connection, in a thread.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    handed_out: Arc<AtomicU64>,
    taken: Arc<AtomicU64>,
    thread: JoinHandle<Work>,
}

impl Server {
    pub(crate) fn start(host: Ipv4Addr, options: TcpOptions, events: Events) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let handed_out = Arc::default();
        let count = Arc::clone(&handed_out);
        let taken = Arc::default();
        let by_system = Arc::clone(&taken);
        Self {
            address: (host, port).into(),
            handed_out,
            taken,
            thread: thread::spawn(move || {
                serve(listener, options, events, count, by_system);
                Work::of_this_thread()
            }),
        }
    }

    /// Returns how many bytes of events the stream has made.
    pub(crate) fn handed_out(&self) -> u64 {
        self.handed_out.load(Ordering::Relaxed)
    }

    /// Returns how many bytes the system has taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Waits until the client has gone.
    pub(crate) fn join(self) -> Work {
        self.thread.join().unwrap()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve(
    listener: TcpListener,
    options: TcpOptions,
    events: Events,
    count: Arc<AtomicU64>,
    taken: Arc<AtomicU64>,
) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let (tcp, _) = listener.accept().await.unwrap();
    let socket = Socket::new(Counted { tcp, taken });
    let service = ServiceBuilder::new()
        .layer(socket.handle())
        .layer(SseLayer::new().socket(options))
        .service_fn(move |_: Request<Incoming>| {
            ready(Ok::<_, Infallible>(events.stream(count.clone())))
        });
    let service = TowerToHyperService::new(service);
    // It ends when the client goes.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}
