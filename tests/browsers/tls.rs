use std::sync::{Arc, LazyLock};

use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// Takes connections that speak HTTP/2, with a self-signed certificate.
pub(crate) fn acceptor() -> TlsAcceptor {
    static CONFIG: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| Arc::new(config()));
    TlsAcceptor::from(Arc::clone(&CONFIG))
}

fn config() -> ServerConfig {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.into()], own.signing_key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}
