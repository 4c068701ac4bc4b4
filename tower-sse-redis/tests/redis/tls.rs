//! TLS, and Unix sockets.

use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tower_sse::store::{Entry, StoreErrorKind};
use tower_sse_redis::{RedisStore, RedisStoreOptions};

use crate::{
    server::{Server, patient},
    support::{append, texts, whole_page},
};

/// Starts a server with a certificate for a name. Returns the certificate too.
fn start(name: &str) -> (Server, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.into()]).unwrap();
    let mut server = Server::new();
    fs::write(server.directory().join("cert.pem"), cert.pem()).unwrap();
    fs::write(
        server.directory().join("key.pem"),
        signing_key.serialize_pem(),
    )
    .unwrap();
    server.set_arguments(
        "--port 0 --tls-port {port} --tls-cert-file cert.pem --tls-key-file key.pem \
         --tls-ca-cert-file cert.pem --tls-auth-clients no --requirepass secret",
    );
    server.find_port();
    (server, cert.pem())
}

fn options(server: &Server) -> RedisStoreOptions {
    let url = format!("rediss://:secret@localhost:{}", server.port());
    patient(RedisStoreOptions::new(&url).unwrap())
}

#[tokio::test]
async fn connects_to_a_server_with_a_certificate_of_an_own_authority() {
    let (server, certificate) = start("localhost");
    let options = options(&server).root_certificates(certificate);
    let store = RedisStore::connect(options).await.unwrap();
    append(&store, 1, Entry::window("a", "1")).await;
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["1"]);
}

#[tokio::test]
async fn a_server_without_a_certificate_that_is_known_is_refused() {
    let (server, _) = start("localhost");
    let error = RedisStore::connect(options(&server)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
}

#[tokio::test]
async fn a_server_with_the_certificate_of_another_is_refused() {
    let (server, certificate) = start("other.example");
    let options = options(&server).root_certificates(certificate);
    let error = RedisStore::connect(options).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused() {
    let options = RedisStoreOptions::new("rediss://localhost:1").unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = RedisStore::connect(options.root_certificates(pem))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
}
