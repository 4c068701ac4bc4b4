//! `axum::serve` with sockets that streams can set.

use std::{future::IntoFuture, net::SocketAddr};

use axum::{
    Router,
    extract::ConnectInfo,
    routing::get,
    serve::{Listener, ListenerExt},
};
use futures::{Stream, StreamExt, stream};
use http::{Response, Version};
use tokio::{
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tower_sse::{Event, EventStream, MakeServiceWithSocket, Preamble, SocketListener, SseLayer};

use crate::{
    client::{Client, read, read_all},
    server::{Accepted, listen, next},
    settings::every_option,
};

const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

/// Returns a listener, and the connections that it accepts.
async fn show() -> (
    SocketListener<impl Listener<Io = TcpStream, Addr = SocketAddr>>,
    UnboundedReceiver<Accepted>,
) {
    let (accepts, accepted) = unbounded_channel();
    let (listener, _) = listen("127.0.0.1").await;
    let listener = listener.tap_io(move |tcp| drop(accepts.send(Accepted::of(tcp))));
    (SocketListener::new(listener), accepted)
}

fn one(data: String) -> EventStream<impl Stream<Item = Event>> {
    EventStream::new(stream::iter([Event::new(data)]).chain(stream::pending()))
}

fn app() -> Router {
    let whose = async |ConnectInfo(client): ConnectInfo<SocketAddr>| {
        Response::from(one(client.to_string()))
    };
    let layer = SseLayer::new()
        .preamble(Preamble::off())
        .socket(every_option());
    Router::new()
        .route("/page", get(async || "page"))
        .route(
            "/sse",
            get(async || Response::from(one("hello".to_owned()))),
        )
        .route("/whose", get(whose))
        .layer(layer)
}

/// Gets a page and then a stream over one connection. Returns the client's address, and what the
/// stream says.
async fn page_then_stream(
    path: &str,
    version: Version,
    address: SocketAddr,
    accepted: &mut UnboundedReceiver<Accepted>,
) -> (SocketAddr, String) {
    let tcp = TcpStream::connect(address).await.unwrap();
    let own = tcp.local_addr().unwrap();
    let mut client = Client::over(tcp, version).await;
    let page = client.get("/page").await.into_body();
    assert_eq!(read_all(page).await, "page");
    let accepted = next(accepted).await;
    accepted.assert_untouched();
    let mut stream = client.get(path).await.into_body();
    accepted.assert_set();
    let said = read(&mut stream).await;
    (own, String::from_utf8(said.to_vec()).unwrap())
}

#[tokio::test]
async fn connections_are_set_and_the_client_is_known() {
    let (listener, mut accepted) = show().await;
    let address = listener.local_addr().unwrap();
    let service = app().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, MakeServiceWithSocket(service)).into_future());
    for version in VERSIONS {
        let (client, said) = page_then_stream("/whose", version, address, &mut accepted).await;
        assert_eq!(said, format!("data: {client}\n\n"));
    }
}

#[tokio::test]
async fn they_are_set_where_nobody_wants_to_know_the_client() {
    let (listener, mut accepted) = show().await;
    let address = listener.local_addr().unwrap();
    let service = MakeServiceWithSocket(app().into_make_service());
    tokio::spawn(axum::serve(listener, service).into_future());
    for version in VERSIONS {
        let (_, said) = page_then_stream("/sse", version, address, &mut accepted).await;
        assert_eq!(said, "data: hello\n\n");
    }
}

#[tokio::test]
async fn without_with_socket_they_are_untouched() {
    let (listener, mut accepted) = show().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app().into_make_service()).into_future());
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut client = Client::over(tcp, Version::HTTP_11).await;
    let _stream = client.get("/sse").await;
    next(&mut accepted).await.assert_untouched();
}
