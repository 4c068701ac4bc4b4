//! A certificate for the machine itself, and a listener that speaks HTTP/2 with it.

use std::{
    env, fs,
    net::SocketAddr,
    path::PathBuf,
    process,
    sync::{Arc, LazyLock},
};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

/// The certificate as a file, for clients to trust, and what holds its key.
static IDENTITY: LazyLock<(PathBuf, Arc<ServerConfig>)> = LazyLock::new(|| {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let name = format!("certificate-{}.pem", process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, own.cert.pem()).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.into()], own.signing_key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (path, Arc::new(config))
});

pub(super) fn certificate() -> &'static PathBuf {
    &IDENTITY.0
}

pub(super) struct TlsListener(pub(super) TcpListener);

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let acceptor = TlsAcceptor::from(Arc::clone(&IDENTITY.1));
        loop {
            let (socket, client) = Listener::accept(&mut self.0).await;
            if let Ok(stream) = acceptor.accept(socket).await {
                return (stream, client);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
