//! QUERY, the safe method that has a body, reads as GET does.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hyper_util::rt::TokioTimer;
use tower_sse::{LastEventId, LimitPolicy, RejectPolicy, RequestHead, Retry, Shutdown};

use crate::support::*;

const RETRY: &str = "event: tower-sse.retry\nretry: 1000\ndata: \n\n";

fn query() -> http::request::Builder {
    get().method("QUERY")
}

#[tokio::test]
async fn is_rejected_with_406_where_it_does_not_accept_streams() {
    let strict = layer().require_accept(true);
    for (accept, status) in [("application/json", 406), ("text/*", 200)] {
        let (_feed, response) = adopted();
        let request = any().method("QUERY").header("accept", accept);
        assert_eq!(send(&strict, request, response).await.status(), status);
    }
}

#[tokio::test(start_paused = true)]
async fn gets_an_empty_stream() {
    let policy = RejectPolicy::empty_stream().retry(Retry::fixed(SECOND));
    for layer in [
        bare().max_streams(0, policy.clone()),
        bare().max_streams(0, policy).expect_stream(|_| false),
    ] {
        let (_feed, response) = adopted();
        let rejected = send(&layer, query(), response).await;
        assert_eq!(rejected.status(), 200);
        assert_eq!(text(rejected.into_body()).await, RETRY);
    }
}

#[tokio::test]
async fn is_expected_to_want_a_stream_where_it_names_them_among_others() {
    let expected = Arc::<AtomicBool>::default();
    let seen = Arc::clone(&expected);
    let layer = bare()
        .max_streams(1, RejectPolicy::empty_stream())
        .expect_stream(move |head: RequestHead<'_>| {
            seen.store(head.expects_stream(), Ordering::Relaxed);
            false
        });
    for (method, expects) in [("QUERY", true), ("POST", false)] {
        let (_feed, response) = adopted();
        let request = any().method(method);
        let request = request.header("accept", "application/json, text/event-stream");
        send(&layer, request, response).await;
        assert_eq!(expected.load(Ordering::Relaxed), expects, "{method}");
    }
}

#[tokio::test]
async fn has_the_last_event_id_of_header_and_query() {
    let layer = layer().last_event_id_query("id");
    let request = |uri| query().uri(uri);
    for (request, id) in [
        (request("/?id=7"), "7"),
        (request("/?id=7").header("last-event-id", "8"), "8"),
    ] {
        let service = tower::service_fn(|request: http::Request<()>| async move {
            let id = request.extensions().get::<LastEventId>();
            let id = id.unwrap().as_str().to_owned();
            Ok::<_, std::convert::Infallible>(http::Response::new(id))
        });
        let response = call(tower::Layer::layer(&layer, service), request).await;
        assert_eq!(text(response.into_body()).await, id);
    }
}

#[tokio::test(start_paused = true)]
async fn resumes_at_a_shutdown_with_the_id_that_it_came_with() {
    let shutdown = Shutdown::with_timer(TokioTimer::new());
    let leave = tower_sse::ShutdownPolicy::default().retry(Retry::fixed(SECOND));
    let layer = bare().shutdown(&shutdown).shutdown_policy(leave);
    let (_feed, response) = adopted();
    let request = query().header("last-event-id", "a-7");
    let mut body = send(&layer, request, response).await.into_body();
    assert!(is_silent(&mut body));
    shutdown.trigger();
    let expected = "event: tower-sse.retry\nid: a-7\nretry: 1000\ndata: \n\n";
    assert_eq!(text(body).await, expected);
}

#[tokio::test]
async fn gets_a_204_when_an_evicted_client_reconnects() {
    let layer = bare().max_streams(1, LimitPolicy::evict_oldest());
    let (feed, response) = adopted();
    let request = query().header("last-event-id", "tower-sse.evicted");
    assert_eq!(send(&layer, request, response).await.status(), 204);
    assert!(feed.is_dropped());
}
