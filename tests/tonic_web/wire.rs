//! What goes over the wire.

use std::net::SocketAddr;

use http::{HeaderMap, Request, header::DATE};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    guard,
    server::{HOSTS, LAYERS, Layer, start},
};

const CHECK: &str = "POST /grpc.health.v1.Health/Check";
const WATCH: &str = "POST /grpc.health.v1.Health/Watch";
const EMPTY: &[u8] = b"\0\0\0\0\0";
const UNKNOWN: &[u8] = b"\0\0\0\0\x09\x0a\x07unknown";
const FAILING: &[u8] = b"\0\0\0\0\x09\x0a\x07failing";

/// Sends a request over HTTP/1.1 and returns the lines of the response, chunks and all, but for
/// the date.
async fn exchange(address: SocketAddr, line: &str, kind: &str, body: &[u8]) -> Vec<String> {
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: {kind}\r\naccept: {kind}\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(&[head.as_bytes(), body].concat())
        .await
        .unwrap();
    let mut response = Vec::new();
    guard(socket.read_to_end(&mut response)).await.unwrap();
    let text = response.escape_ascii().to_string();
    let lines = text
        .split(r"\r\n")
        .filter(|line| !line.starts_with("date: "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn grpc_web_is_the_same_byte_for_byte() {
    const WEB: &str = "application/grpc-web+proto";
    const TEXT: &str = "application/grpc-web-text+proto";
    let requests = [
        (CHECK, WEB, EMPTY),
        (CHECK, WEB, UNKNOWN),
        (CHECK, TEXT, b"AAAAAAA="),
        (CHECK, WEB, b""),
        (CHECK, "application/grpc", EMPTY),
        (WATCH, WEB, EMPTY),
        (WATCH, WEB, UNKNOWN),
        (WATCH, WEB, FAILING),
        (WATCH, TEXT, b"AAAAAAA="),
        ("POST /grpc.health.v1.Health/Missing", WEB, EMPTY),
        ("POST /missing.Service/Check", WEB, EMPTY),
        ("GET /grpc.health.v1.Health/Check", WEB, b""),
        ("GET /sse", "text/event-stream", b""),
    ];
    for host in HOSTS {
        let (without, _) = start(host, Layer::Nowhere).await;
        let (outside, _) = start(host, Layer::Outside).await;
        let (inside, _) = start(host, Layer::Inside).await;
        for (line, kind, body) in requests {
            let expected = exchange(without, line, kind, body).await;
            for address in [outside, inside] {
                let seen = exchange(address, line, kind, body).await;
                assert_eq!(seen, expected, "{host:?}, {line}, {kind}, {body:?}");
            }
        }
    }
}

#[tokio::test]
async fn grpc_web_ends_in_a_frame_of_trailers() {
    for host in HOSTS {
        for layer in LAYERS {
            let (address, _) = start(host, layer).await;
            let seen = exchange(address, CHECK, "application/grpc-web+proto", EMPTY).await;
            let body = seen.iter().skip_while(|line| !line.is_empty()).skip(1);
            let expected = [
                // A chunk of 7 bytes: a message of 2, whose field 1 is 1.
                "7",
                r"\x00\x00\x00\x00\x02\x08\x01",
                // A chunk of 20 bytes: trailers of 15.
                "14",
                r"\x80\x00\x00\x00\x0fgrpc-status:0",
                "",
                "0",
                "",
                "",
            ];
            assert!(body.eq(&expected), "{host:?}, {layer:?}: {seen:?}");
        }
    }
}

/// Makes a call over HTTP/2 and returns its head, its data and its trailers.
async fn call(
    address: SocketAddr,
    path: &str,
    body: &'static [u8],
) -> (HeaderMap, Vec<u8>, HeaderMap) {
    let request = Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::new(body));
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let response = guard(client.request(request.unwrap())).await.unwrap();
    let (mut head, body) = response.into_parts();
    assert_eq!(head.status, 200);
    head.headers.remove(DATE);
    let body = guard(body.collect()).await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    (head.headers, body.to_bytes().to_vec(), trailers)
}

#[tokio::test]
async fn grpc_has_the_same_head_data_and_trailers() {
    let requests = [
        ("/grpc.health.v1.Health/Check", EMPTY),
        ("/grpc.health.v1.Health/Check", UNKNOWN),
        ("/grpc.health.v1.Health/Check", b""),
        ("/grpc.health.v1.Health/Watch", EMPTY),
        ("/grpc.health.v1.Health/Watch", UNKNOWN),
        ("/grpc.health.v1.Health/Watch", FAILING),
        ("/grpc.health.v1.Health/Missing", EMPTY),
        ("/missing.Service/Check", EMPTY),
    ];
    for host in HOSTS {
        let (without, _) = start(host, Layer::Nowhere).await;
        let (outside, _) = start(host, Layer::Outside).await;
        let (inside, _) = start(host, Layer::Inside).await;
        for (path, body) in requests {
            let expected = call(without, path, body).await;
            for address in [outside, inside] {
                let seen = call(address, path, body).await;
                assert_eq!(seen, expected, "{host:?}, {path}, {body:?}");
            }
        }
    }
}

#[tokio::test]
async fn grpc_ends_in_trailers() {
    for host in HOSTS {
        for layer in LAYERS {
            let (address, _) = start(host, layer).await;
            let (_, data, trailers) = call(address, "/grpc.health.v1.Health/Watch", FAILING).await;
            assert_eq!(data, b"\0\0\0\0\x02\x08\x01", "{host:?}, {layer:?}");
            assert_eq!(trailers["grpc-status"], "15", "{host:?}, {layer:?}");
            assert_eq!(trailers["grpc-message"], "lost", "{host:?}, {layer:?}");
            assert_eq!(
                trailers["grpc-status-details-bin"], "AP8",
                "{host:?}, {layer:?}"
            );
            assert_eq!(trailers["x-trailer"], "after", "{host:?}, {layer:?}");
        }
    }
}
