//! What carries a stream: HTTP/1.1 and HTTP/2, with TLS and without.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use futures::{StreamExt, stream};
use http::Version;
use tokio::{net::TcpStream, sync::mpsc::UnboundedReceiver};
use tower_sse::{Event, EventStream, Preamble, SseLayer};

use crate::{
    client::{Client, read, read_all},
    server::{Accepted, Server, next},
    settings::every_option,
    tls,
};

#[derive(Clone, Copy, Debug)]
struct Carrier {
    version: Version,
    /// The protocol that is negotiated.
    tls: Option<&'static str>,
}

const CARRIERS: [Carrier; 4] = [
    Carrier::new(Version::HTTP_11, None),
    Carrier::new(Version::HTTP_2, None),
    Carrier::new(Version::HTTP_11, Some("http/1.1")),
    Carrier::new(Version::HTTP_2, Some("h2")),
];

impl Carrier {
    const fn new(version: Version, tls: Option<&'static str>) -> Self {
        Self { version, tls }
    }

    /// Serves `/page` and `/sse`, and begins a connection.
    async fn begin(self) -> (Client, UnboundedReceiver<Accepted>) {
        println!("{self:?}");
        let ends = self.tls.map(tls::ends);
        let (acceptor, connector) = ends.unzip();
        let (server, accepted) = Server::new(acceptor).show();
        let address = server.serve(app()).await;
        let client = match connector {
            Some(connector) => self.secure(connector, address).await,
            None => {
                let tcp = TcpStream::connect(address).await.unwrap();
                Client::over(tcp, self.version).await
            }
        };
        (client, accepted)
    }

    async fn secure(self, connector: tokio_rustls::TlsConnector, address: SocketAddr) -> Client {
        let stream = tls::connect(connector, address).await;
        let negotiated = stream.get_ref().1.alpn_protocol();
        assert_eq!(negotiated, self.tls.map(str::as_bytes));
        Client::over(stream, self.version).await
    }
}

fn app() -> Router {
    let events = || stream::iter([Event::new("hello")]).chain(stream::pending());
    let stream = async move || http::Response::from(EventStream::new(events()));
    let layer = SseLayer::new()
        .preamble(Preamble::off())
        .socket(every_option());
    Router::new()
        .route("/page", get(async || "page"))
        .route("/sse", get(stream))
        .layer(layer)
}

#[tokio::test]
async fn a_connection_is_set_before_its_client_sees_the_head() {
    for carrier in CARRIERS {
        let (mut client, mut accepted) = carrier.begin().await;
        let response = client.get("/sse").await;
        assert_eq!(response.version(), carrier.version);
        next(&mut accepted).await.assert_set();
        assert_eq!(read(&mut response.into_body()).await, "data: hello\n\n");
    }
}

#[tokio::test]
async fn a_connection_that_served_pages_is_untouched_until_a_stream_comes() {
    for carrier in CARRIERS {
        let (mut client, mut accepted) = carrier.begin().await;
        let page = client.get("/page").await.into_body();
        assert_eq!(read_all(page).await, "page");
        let accepted = next(&mut accepted).await;
        accepted.assert_untouched();
        let page = client.get("/page").await.into_body();
        assert_eq!(read_all(page).await, "page");
        accepted.assert_untouched();

        let _stream = client.get("/sse").await;
        accepted.assert_set();
    }
}

#[tokio::test]
async fn it_remains_set_for_the_pages_that_follow() {
    let (mut client, mut accepted) = CARRIERS[1].begin().await;
    drop(client.get("/sse").await);
    let page = client.get("/page").await.into_body();
    assert_eq!(read_all(page).await, "page");
    next(&mut accepted).await.assert_set();
}

#[tokio::test]
async fn other_connections_of_the_server_are_untouched() {
    let (server, mut accepted) = Server::new(None).show();
    let address = server.serve(app()).await;
    for path in ["/sse", "/page", "/sse"] {
        let tcp = TcpStream::connect(address).await.unwrap();
        let mut client = Client::over(tcp, Version::HTTP_11).await;
        let _response = client.get(path).await;
        let accepted = next(&mut accepted).await;
        match path {
            "/sse" => accepted.assert_set(),
            _ => accepted.assert_untouched(),
        }
    }
}
