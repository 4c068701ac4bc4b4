use std::sync::{Arc, Mutex};

use http::StatusCode;
use http_body::Body;
use tower_sse::{RejectPolicy, RejectReason, Retry, SseLayer, SseOptions};

use crate::{closing::Closes, support::*};

fn reject() -> RejectPolicy {
    RejectPolicy::empty_stream().retry(Retry::fixed(SECOND))
}

fn two() -> SseLayer {
    bare().max_streams(2, reject())
}

#[tokio::test(start_paused = true)]
async fn count_until_the_body_is_dropped_or_has_ended() {
    let layer = two();
    let (feed, response) = adopted();
    let mut one = send(&layer, get(), response).await.into_body();
    let (_feed, response) = adopted();
    let two = send(&layer, get(), response).await.into_body();
    let rejected = async || {
        let (feed, response) = adopted();
        let response = send(&layer, get(), response).await;
        (feed.is_dropped(), response)
    };
    let (dropped, response) = rejected().await;
    assert!(dropped);
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(
        text(response.into_body()).await,
        "event: tower-sse.retry\nretry: 1000\ndata: \n\n"
    );

    drop(feed);
    assert_eq!(next(&mut one).await, None);
    assert!(!rejected().await.0, "the end of a body makes room");
    drop(two);
    let (dropped, open) = rejected().await;
    assert!(!dropped, "so does a dropped body");
    drop((one, open));
}

#[tokio::test(start_paused = true)]
async fn take_no_notice_of_what_is_no_stream() {
    let layer = bare().max_streams(0, reject());
    let page = http::Response::new(http_body_util::Full::<bytes::Bytes>::from("page"));
    let response = send(&layer, any(), page).await;
    assert_eq!(text(response.into_body()).await, "page");
}

#[tokio::test(start_paused = true)]
async fn answer_head_as_they_would_get_and_take_no_place() {
    let layer = bare().max_streams(1, RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS));
    let head = async |request: http::request::Builder| {
        let (_feed, response) = adopted();
        let response = send(&layer, request.method("HEAD"), response).await;
        assert!(response.body().is_end_stream());
        response.status()
    };
    for _ in 0..3 {
        assert_eq!(head(get()).await, 200);
        assert_eq!(head(any()).await, 200);
    }
    let (_feed, response) = adopted();
    let _open = send(&layer, get(), response).await;
    assert_eq!(head(get()).await, 429);
    assert_eq!(head(any()).await, 429);
}

#[tokio::test(start_paused = true)]
async fn reject_with_the_status_where_no_event_may_be_added() {
    let before = bare().max_streams(0, reject()).final_retry(false);
    let after = bare().max_streams(0, reject()).expect_stream(|_| false);
    for (layer, own) in [
        (before, SseOptions::new()),
        (after, SseOptions::new().final_retry(false)),
    ] {
        let (_feed, mut response) = adopted();
        response.extensions_mut().insert(own);
        let response = send(&layer, get(), response).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(text(response.into_body()).await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn reject_with_an_empty_stream_only_clients_that_name_event_streams() {
    let layer = bare().max_streams(0, reject());
    for (request, status) in [
        (get(), 200),
        (get().method("QUERY"), 200),
        (any(), 503),
        (any().header("accept", "*/*"), 503),
        (any().header("accept", "application/json"), 503),
        (get().method("POST"), 503),
    ] {
        let (_feed, response) = adopted();
        let response = send(&layer, request, response).await;
        assert_eq!(response.status(), status);
        if status == 503 {
            assert_eq!(response.headers()["retry-after"], "1");
            assert!(!response.headers().contains_key("content-type"));
        }
    }
    let harsh = RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS).retry(Retry::off());
    let (_feed, response) = adopted();
    let response = send(&bare().max_streams(0, harsh), get(), response).await;
    assert_eq!(response.status(), 429);
    assert!(!response.headers().contains_key("retry-after"));
}

#[tokio::test(start_paused = true)]
async fn can_be_for_each_key() {
    let closes = Closes::default();
    let rejections = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&rejections);
    let layer = closes
        .watch(bare())
        .max_streams_per(1, reject(), |head| {
            Some(head.headers().get("user")?.clone())
        })
        .label("user", |head| {
            Some(head.headers().get("user")?.to_str().ok()?.to_owned())
        })
        .on_reject(move |rejection| reported.lock().unwrap().push(rejection.clone()));
    let open = async |user: &str| {
        let (feed, response) = adopted();
        let request = get().header("user", user);
        let body = send(&layer, request, response).await.into_body();
        (!feed.is_dropped()).then_some((feed, body))
    };
    let ada = open("ada").await.unwrap();
    let _bob = open("bob").await.unwrap();
    assert!(open("ada").await.is_none());
    drop(ada);
    assert!(open("ada").await.is_some());

    let rejections = std::mem::take(&mut *rejections.lock().unwrap());
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].reason, RejectReason::TooManyOfKey);
    assert_eq!(rejections[0].labels.get("user"), Some("ada"));
    assert_eq!(rejections[0].to_string(), "too_many_of_key, user=ada");
    assert_eq!(
        closes.take().len(),
        2,
        "a rejected stream has never been open"
    );

    for _ in 0..3 {
        let (feed, response) = adopted();
        let body = send(&layer, get(), response).await;
        assert!(!feed.is_dropped(), "a request without a key is not limited");
        drop(body);
    }
}

#[tokio::test(start_paused = true)]
async fn say_the_longest_time_there_is() {
    let policy = RejectPolicy::with_status(StatusCode::SERVICE_UNAVAILABLE)
        .retry(Retry::fixed(std::time::Duration::MAX));
    let (_, response) = adopted();
    let response = send(&bare().max_streams(0, policy), get(), response).await;
    assert_eq!(response.headers()["retry-after"], "18446744073709551615");
}

#[tokio::test(start_paused = true)]
async fn give_back_what_they_took_when_another_rejects() {
    let layer = bare()
        .max_streams(1, reject())
        .max_streams_per(0, reject(), |head| head.headers().get("blocked").cloned());
    let (blocked, response) = adopted();
    drop(send(&layer, get().header("blocked", "yes"), response).await);
    assert!(blocked.is_dropped());
    let (feed, response) = adopted();
    let _open = send(&layer, get(), response).await;
    assert!(!feed.is_dropped());
}
