use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use tower_sse::{Preamble, Retry, SseLayer};

use crate::support::*;

async fn opening(layer: SseLayer) -> Option<String> {
    let (_, response) = adopted();
    next(&mut send(&layer, get(), response).await.into_body()).await
}

#[tokio::test]
async fn says_the_retry_at_once_and_not_the_same_to_all() {
    let mut drawn = HashSet::new();
    for _ in 0..20 {
        let opening = opening(layer()).await.unwrap();
        let millis = opening.strip_prefix("retry: ").unwrap();
        let millis: u64 = millis.strip_suffix('\n').unwrap().parse().unwrap();
        assert!((2000..=5000).contains(&millis));
        drawn.insert(millis);
    }
    assert!(drawn.len() > 10, "{drawn:?}");
}

#[tokio::test]
async fn can_say_one_retry_to_all_or_none() {
    let fixed = layer().retry(Retry::fixed(Duration::from_micros(2_000_001)));
    assert_eq!(opening(fixed).await.unwrap(), "retry: 2001\n");
    let longest = layer().retry(Retry::fixed(Duration::MAX));
    assert_eq!(opening(longest).await.unwrap(), "retry: 2147483647\n");
    let none = layer().retry(Retry::off());
    assert_eq!(opening(none).await.unwrap(), ":\n");
}

#[tokio::test]
async fn can_guard_webkit() {
    let guarded = layer().preamble(Preamble::guarded());
    let with_retry = guarded.clone().retry(Retry::fixed(SECOND));
    assert_eq!(
        opening(with_retry).await.unwrap(),
        "\nevent: discard\n\nretry: 1000\n"
    );
    let without = guarded.retry(Retry::off());
    assert_eq!(opening(without).await.unwrap(), "\nevent: discard\n\n:\n");
}

#[tokio::test]
async fn can_be_off() {
    assert_eq!(opening(layer().preamble(Preamble::off())).await, None);
}

#[tokio::test]
async fn takes_the_bom_from_what_it_is_put_before() {
    let (feed, response) = adopted();
    let layer = layer().retry(Retry::fixed(SECOND));
    let mut body = send(&layer, get(), response).await.into_body();
    for part in [&b"\xef"[..], b"\xbb", b"\xbfdata: x\n\n"] {
        feed.frame(http_body::Frame::data(Bytes::from_static(part)));
    }
    drop(feed);
    assert_eq!(text(&mut body).await, "retry: 1000\ndata: x\n\n");
}
