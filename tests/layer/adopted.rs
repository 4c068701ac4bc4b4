use std::error::Error;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tokio::time::Instant;
use tower_sse::Retry;

use crate::support::*;

fn stream<B>(body: B) -> Response<B> {
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn keeps_frames_as_they_are() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    for part in ["da", "ta: x\r", "\n\r\ndata: y", "\n\n"] {
        feed.data(part);
        assert_eq!(next(&mut body).await.unwrap(), part);
    }
    drop(feed);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn keeps_trailers() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]);
    feed.frame(Frame::trailers(trailers.clone()));
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_trailers().unwrap(), trailers);
    assert!(body.is_end_stream(), "no heartbeat may follow");
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn keeps_no_trailers_that_hold_for_the_bytes_of_the_body_alone() {
    let trailers = |names: &[&str]| {
        let pairs = names
            .iter()
            .map(|name| (name.parse().unwrap(), "1".parse().unwrap()));
        HeaderMap::from_iter(pairs)
    };
    let all = ["content-digest", "digest", "etag", "x-sum"];
    for (encoding, kept) in [("identity", &["x-sum"][..]), ("gzip", &all)] {
        let (feed, mut response) = adopted();
        let encoding = HeaderValue::from_static(encoding);
        response.headers_mut().insert("content-encoding", encoding);
        let mut body = send(&bare(), get(), response).await.into_body();
        feed.frame(Frame::trailers(trailers(&all)));
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_trailers().unwrap(), trailers(kept));
    }
}

#[tokio::test]
async fn is_not_at_its_end_before_the_preamble_is_out() {
    let layer = layer().retry(Retry::fixed(SECOND));
    let body = stream(Full::<Bytes>::default());
    let mut body = send(&layer, get(), body).await.into_body();
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), None);
    assert_eq!(next(&mut body).await.unwrap(), "retry: 1000\n");
    assert!(body.is_end_stream());
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn fails_after_the_server_had_time_to_flush_what_came_before() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    feed.data("data: x\n\n");
    feed.fail("broken");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    let start = Instant::now();
    assert!(
        is_silent(&mut body),
        "a server flushes when a body is pending"
    );
    assert!(!body.is_end_stream());
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "broken");
    assert_eq!(error.close_reason(), None, "the layer did not cut it");
    assert_eq!(start.elapsed(), SECOND / 10);
    assert!(body.is_end_stream());
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn does_not_fail_late_for_a_heartbeat() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    assert!(is_silent(&mut body));
    feed.fail("broken");
    let start = Instant::now();
    assert!(body.frame().await.unwrap().is_err());
    assert_eq!(start.elapsed(), SECOND / 10);
}

#[tokio::test]
async fn leaves_a_compressed_stream_alone() {
    let zipped: &[u8] = b"\xef\xbb\xbf\x1f\x8b";
    let mut response = stream(Full::<Bytes>::from(zipped));
    let headers = response.headers_mut();
    headers.insert("content-encoding", "gzip".parse().unwrap());
    headers.insert("content-length", "5".parse().unwrap());
    let response = send(&layer(), get(), response).await;
    // It may be cut.
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(response.body().size_hint().exact(), None);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, zipped);
}

#[tokio::test]
async fn injects_where_the_encoding_is_none() {
    let mut response = stream(Full::<Bytes>::from("data: x\n\n"));
    let headers = response.headers_mut();
    headers.insert("content-encoding", "Identity".parse().unwrap());
    let layer = layer().retry(Retry::fixed(SECOND));
    let response = send(&layer, get(), response).await;
    assert_eq!(text(response.into_body()).await, "retry: 1000\ndata: x\n\n");
}

#[tokio::test]
async fn takes_any_buffer() {
    let parts = || Buf::chain(Bytes::from("data:"), &b" x\n\n"[..]);
    let body = stream(Full::new(parts()));
    let body = send(&bare(), get(), body).await.into_body();
    assert_eq!(text(body).await, "data: x\n\n");
    let page = Response::new(Full::new(parts()));
    let body = send(&bare(), get(), page).await.into_body();
    assert_eq!(text(body).await, "data: x\n\n");
}

#[tokio::test]
async fn loses_its_bom_and_no_other() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    for (part, sent) in [
        ("\u{feff}data: x\n\n", "data: x\n\n"),
        ("\u{feff}data: y\n\n", "\u{feff}data: y\n\n"),
    ] {
        feed.data(part);
        assert_eq!(next(&mut body).await.unwrap(), sent);
    }
}
