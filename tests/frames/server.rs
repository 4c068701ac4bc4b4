//! hyper's server with HTTP/1.1 and HTTP/2 on one port, and a client of each.

use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};

use crate::guard::guard;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Http {
    One,
    Two,
}

pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tcp.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(app.clone());
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                // Fails where a client leaves.
                let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
            });
        }
    });
    address
}

pub(crate) async fn get(http: Http, address: SocketAddr, path: &str) -> Incoming {
    let request = Request::get(format!("http://localhost{path}")).header("host", "localhost");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let tcp = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let response = match http {
        Http::One => {
            let (mut sender, connection) = http1::handshake(tcp).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await
        }
        Http::Two => {
            let executor = TokioExecutor::new();
            let (mut sender, connection) = http2::handshake(executor, tcp).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await
        }
    };
    response.unwrap().into_body()
}

/// Returns the next data of a response.
pub(crate) async fn next(body: &mut Incoming) -> Bytes {
    let frame = guard(body.frame()).await.expect("the stream goes on");
    frame.unwrap().into_data().unwrap()
}
