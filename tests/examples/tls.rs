//! A client over TLS for a server with a self-signed certificate.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Uri, Version, header::HOST};
use http_body_util::Empty;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use crate::guard;

/// The bytes of a stream that a server may send ahead.
const WINDOW: u32 = 1 << 16;

/// A connection.
pub(crate) enum Client {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

impl Client {
    /// Connects to the host of a URL. It has to agree on the version.
    pub(crate) async fn connect(version: Version, url: &str) -> Self {
        let io = TokioIo::new(guard(handshake(version, url)).await);
        if version == Version::HTTP_2 {
            // With a small window, a client that does not read holds the server up soon.
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.initial_stream_window_size(WINDOW);
            let (sender, connection) = guard(builder.handshake(io)).await.unwrap();
            tokio::spawn(connection);
            Self::Http2(sender)
        } else {
            let (sender, connection) = guard(http1::handshake(io)).await.unwrap();
            tokio::spawn(connection);
            Self::Http1(sender)
        }
    }

    pub(crate) async fn get(&mut self, url: &str) -> Response<Incoming> {
        let uri: Uri = url.parse().unwrap();
        let host = uri.authority().unwrap().to_string();
        let request = Request::get(uri).header(HOST, host);
        let request = request.body(Empty::new()).unwrap();
        let sent = match self {
            Self::Http1(sender) => guard(sender.send_request(request)).await,
            Self::Http2(sender) => guard(sender.send_request(request)).await,
        };
        sent.unwrap()
    }
}

async fn handshake(version: Version, url: &str) -> TlsStream<TcpStream> {
    let protocol: &[u8] = match version {
        Version::HTTP_2 => b"h2",
        _ => b"http/1.1",
    };
    let mut config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];

    let host = url.strip_prefix("https://").unwrap();
    let tcp = TcpStream::connect(host).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp);
    let stream = stream.await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

/// Trusts every server.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_tls12_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
