use std::{convert::Infallible, error::Error};

use bytes::Bytes;
use futures::executor::block_on;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use tower::{Layer, Service, service_fn};

use crate::support::*;

#[tokio::test]
async fn keeps_status_headers_frames_and_trailers() {
    let (feed, mut response) = adopted();
    *response.status_mut() = http::StatusCode::BAD_GATEWAY;
    response
        .headers_mut()
        .insert("content-length", "9".parse().unwrap());
    response.extensions_mut().insert("kept");
    let before = response.headers().clone();
    let response = send(&layer(), http_2(), response).await;
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers(), &before);
    assert_eq!(response.extensions().get::<&str>(), Some(&"kept"));

    let mut body = response.into_body();
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]);
    feed.data("\u{feff}a");
    feed.data("");
    feed.frame(Frame::trailers(trailers.clone()));
    assert_eq!(next(&mut body).await.unwrap(), "\u{feff}a");
    assert_eq!(next(&mut body).await.unwrap(), "");
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_trailers().unwrap(), trailers);
    feed.fail("broken");
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the response body failed");
    assert_eq!(error.source().unwrap().to_string(), "broken");
}

#[tokio::test]
async fn keeps_what_the_body_says_of_its_size_and_end() {
    let page = || Response::new(Full::<Bytes>::from("page"));
    let mut body = send(&layer(), get(), page()).await.into_body();
    assert_eq!(body.size_hint().exact(), Some(4));
    assert!(!body.is_end_stream());
    next(&mut body).await;
    assert!(body.is_end_stream());
    let head = send(&layer(), get().method("HEAD"), page()).await;
    assert_eq!(head.body().size_hint().exact(), Some(4));
}

#[tokio::test]
async fn takes_nothing_for_a_stream_that_is_none() {
    for content_type in ["text/event-streams", "text/plain", "application/grpc", ""] {
        let response = Response::builder()
            .header("content-type", content_type)
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = send(&layer(), get(), response).await;
        assert_eq!(response.headers().len(), 1, "{content_type}");
        assert!(response.body().is_end_stream());
    }
}

/// Counts the allocations of one request, its body read to the end.
fn allocations<S, B>(mut service: S) -> u64
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Unpin,
{
    let request = Request::get("/?page=1")
        .header("accept", "text/html, */*;q=0.8")
        .header("connection", "keep-alive")
        .body(Empty::new())
        .unwrap();
    let counted = allocation_counter::measure(move || {
        block_on(async {
            let Ok(response) = service.call(request).await;
            let mut body = response.into_body();
            while body.frame().await.is_some() {}
        });
    });
    counted.count_total
}

#[test]
fn allocates_nothing() {
    let page = |_: Request<Empty<Bytes>>| async {
        let page = Response::builder().header("content-type", "text/html");
        Ok(page.body(Full::<Bytes>::from("page")).unwrap())
    };
    allocations(service_fn(page)); // The executor allocates once for its thread.
    let plain = allocations(service_fn(page));
    assert!(plain > 0, "the headers of the page are allocated");
    assert_eq!(allocations(layer().layer(service_fn(page))), plain);
}
