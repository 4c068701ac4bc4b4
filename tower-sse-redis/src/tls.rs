//! Clients with TLS.

use redis::{Client, ConnectionInfo, RedisResult, TlsCertificates};
use rustls::crypto::{CryptoProvider, ring};

use crate::options::RedisStoreOptions;

/// The authorities that may sign the certificate of the server.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    /// `None` for those of the operating system.
    roots: Option<Vec<u8>>,
}

impl Certificates {
    pub(crate) fn client(&self, server: &ConnectionInfo) -> RedisResult<Client> {
        if CryptoProvider::get_default().is_none() {
            // If another thread is first, its provider is as good.
            let _ = ring::default_provider().install_default();
        }
        let Some(roots) = &self.roots else {
            return Client::open(server.clone());
        };
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(roots.clone()),
        };
        Client::build_with_tls(server.clone(), certificates)
    }
}

impl RedisStoreOptions {
    /// Sets the certificates, in PEM, of the authorities that may sign the certificate of the server. By default they
    /// are those of the operating system.
    ///
    /// TLS uses the default provider of rustls. If the process has none yet,
    /// [`RedisStore::connect`](crate::RedisStore::connect) installs that of ring.
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.roots = Some(pem.into());
        self
    }
}
