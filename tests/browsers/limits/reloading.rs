use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::StatusCode;
use serde_json::json;
use tower_sse::{LimitPolicy, RejectPolicy, SseLayer};

use crate::{
    browser::Browser,
    feed::feed,
    server::{BOTH, Scheme, Server},
};

/// How often a page is reloaded.
const RELOADS: usize = 12;

/// The server may get the new page's request before it notices that the old stream is gone.
pub(super) async fn is_never_rejected_when_it_reloads(browser: &Browser) {
    for scheme in BOTH {
        let with_error = RejectPolicy::with_status(StatusCode::SERVICE_UNAVAILABLE);
        for policy in [LimitPolicy::default(), with_error.into()] {
            assert_not_rejected(browser, scheme, policy).await;
        }
    }
}

async fn assert_not_rejected(browser: &Browser, scheme: Scheme, policy: LimitPolicy) {
    let (route, _feed) = feed();
    let rejected = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&rejected);
    let layer = SseLayer::new().max_streams(1, policy).on_reject(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let app = Router::new().route("/sse", route).layer(layer);
    let server = Server::start(scheme, app).await;
    let tab = browser.open(&server.url("/?listen=/sse")).await;
    for reload in 0..RELOADS {
        // Every third reload does not wait for the stream.
        if reload % 3 > 0 {
            tab.until_is("streams.a.log", json!([["open", 1]])).await;
        }
        tab.reload().await;
    }
    tab.until_is("streams.a.log", json!([["open", 1]])).await;
    assert_eq!(rejected.load(Ordering::Relaxed), 0);
}

/// A page opens its new stream some time before it closes the old one.
pub(super) async fn waits_for_the_place_that_it_gives_back(browser: &Browser) {
    for scheme in BOTH {
        let (route, _feed) = feed();
        let policy = LimitPolicy::default().wait(Duration::from_secs(2));
        let layer = SseLayer::new().max_streams(1, policy);
        let app = Router::new().route("/sse", route).layer(layer);
        let server = Server::start(scheme, app).await;
        let tab = browser.open(&server.url("/?listen=/sse")).await;
        tab.until_is("state('a')", 1).await;
        let close = "setTimeout(() => streams.a.source.close(), 300)";
        tab.run(&format!(
            "listen('b', '/sse', ['tower-sse.retry']); {close}"
        ))
        .await;
        tab.until_is("streams.b.log", json!([["open", 1]])).await;
        assert_eq!(tab.get("state('a')").await, 2);
    }
}
