//! The stream beside them.

use std::net::SocketAddr;

use http::{HeaderMap, Uri, Version};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::{
    guard,
    server::{HOSTS, Layer, sse_layer, start, start_apart, stream},
};

async fn get(address: SocketAddr, version: Version) -> (HeaderMap, String) {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(version == Version::HTTP_2)
        .build_http::<Empty<&[u8]>>();
    let uri = Uri::try_from(format!("http://{address}/sse")).unwrap();
    let (head, body) = guard(client.get(uri)).await.unwrap().into_parts();
    assert_eq!((head.status.as_u16(), head.version), (200, version));
    let body = guard(body.collect()).await.unwrap().to_bytes();
    (head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_stream_within_grpc_web_has_its_preamble() {
    // `GrpcWebLayer` lets it through over HTTP/2 alone.
    for host in HOSTS {
        for layer in [Layer::Outside, Layer::Inside, Layer::Early] {
            let (address, _) = start(host, layer).await;
            let (head, body) = get(address, Version::HTTP_2).await;
            assert_eq!(head["x-accel-buffering"], "no", "{host:?}, {layer:?}");
            assert_eq!(body, "retry: 3000\ndata: hello\n\n", "{host:?}, {layer:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_without_the_layer_has_none() {
    for host in HOSTS {
        let (address, _) = start(host, Layer::Nowhere).await;
        let (_, body) = get(address, Version::HTTP_2).await;
        assert_eq!(body, "data: hello\n\n", "{host:?}");
    }
}

#[tokio::test]
async fn a_stream_beside_grpc_web_has_its_preamble() {
    for host in HOSTS {
        let address = start_apart(host, stream()).await;
        let (head, body) = get(address, Version::HTTP_11).await;
        assert_eq!(head["connection"], "keep-alive", "{host:?}");
        assert_eq!(body, "retry: 3000\ndata: hello\n\n", "{host:?}");
        let (head, body) = get(address, Version::HTTP_2).await;
        assert!(!head.contains_key("connection"), "{host:?}");
        assert_eq!(body, "retry: 3000\ndata: hello\n\n", "{host:?}");
    }
}

#[tokio::test]
async fn two_layers_say_it_once() {
    // What boxes the body between them keeps the extensions.
    for host in HOSTS {
        let address = start_apart(host, stream().layer(sse_layer())).await;
        let (_, body) = get(address, Version::HTTP_11).await;
        assert_eq!(body, "retry: 3000\ndata: hello\n\n", "{host:?}");
    }
}
