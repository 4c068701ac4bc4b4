//! Clients without TLS.

use redis::{Client, ConnectionInfo, RedisResult};

/// Nothing, without the feature `tls`.
#[derive(Clone, Default)]
pub(crate) struct Certificates(());

impl Certificates {
    pub(crate) fn client(&self, server: &ConnectionInfo) -> RedisResult<Client> {
        Client::open(server.clone())
    }
}
