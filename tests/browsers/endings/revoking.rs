use std::time::Duration;

use axum::{Router, routing::get};
use futures::{StreamExt, stream};
use serde_json::json;
use tower_sse::{Event, EventId, EventStream, OpenStream, OpenStreams, RevokePolicy, SseLayer};

use crate::{
    browser::Browser,
    requests::Requests,
    server::{BOTH, Server},
    tab::Tab,
    times::SOON,
};

/// Ten times as long as a browser waits that may come back.
const LONG: Duration = Duration::from_secs(5);

/// In the same page, a stream that was revoked by `RevokePolicy::reconnect` comes back.
pub(super) async fn stays_away_after_a_revocation_that_stops_it(browser: &Browser) {
    let mut all = Vec::new();
    for scheme in BOTH {
        let (streams, requests) = (OpenStreams::new(), Requests::default());
        let server = Server::start(scheme, requests.note(users(&streams))).await;
        let page = server.url("/?listen=/sse/ada&type=tower-sse.revoked");
        let tab = browser.open(&page).await;
        tab.run("listen('b', '/sse/bob')").await;
        for name in ["a", "b"] {
            tab.until_is(&format!("said('{name}').length"), 1).await;
        }
        for (user, policy) in [
            ("/sse/ada", RevokePolicy::stop_reconnecting()),
            ("/sse/bob", RevokePolicy::reconnect()),
        ] {
            let of_user = |stream: &OpenStream| stream.tags.get("user") == Some(user);
            assert_eq!(streams.revoke(policy, of_user), 1);
        }
        all.push((tab, requests, server));
    }
    // Both servers are watched at the same time.
    tokio::time::sleep(LONG).await;
    for (tab, requests, _server) in all {
        assert_stays_away(&tab, &requests).await;
    }
}

/// Makes a stream of one event for each user, tagged with the path.
fn users(streams: &OpenStreams) -> Router {
    let layer = SseLayer::new()
        .retry(SOON)
        .open_streams(streams)
        .tag("user", |head| Some(head.uri().path().to_owned()));
    let hello = get(async || {
        let hello = stream::iter([Event::new("hello").id(1)]);
        EventStream::new(hello.chain(stream::pending()))
    });
    Router::new().route("/sse/{user}", hello).layer(layer)
}

async fn assert_stays_away(tab: &Tab, requests: &Requests) {
    let log = json!([
        ["open", 1],
        ["message", "hello", "1"],
        ["tower-sse.revoked", "", "tower-sse.revoked"],
        ["error", 0],
    ]);
    assert_eq!(tab.get("streams.a.log").await, log);
    assert_eq!((requests.to("/ada"), requests.to("/bob")), (1, 2));
    assert_eq!(tab.get("times('b', 'open')").await, 2);
    // A page that is loaded again has no id, so it gets a stream.
    tab.reload().await;
    tab.until_is("said('a').length", 1).await;
    assert_eq!(requests.to("/ada"), 2);
}

/// The handler sends the id of the layer's last event without its long `retry`.
pub(super) async fn gets_204_if_it_reconnects_with_the_id_of_a_revocation(browser: &Browser) {
    for scheme in BOTH {
        let requests = Requests::default();
        let layer = SseLayer::new()
            .retry(SOON)
            .open_streams(&OpenStreams::new());
        let revoked = get(async || {
            let id = EventId::from_static("tower-sse.revoked");
            EventStream::new(stream::iter([Event::new("").id(id)]))
        });
        let app = Router::new().route("/sse", revoked).layer(layer);
        let server = Server::start(scheme, requests.note(app)).await;
        let tab = browser.open(&server.url("/?listen=/sse")).await;
        let log = json!([
            ["open", 1],
            ["message", "", "tower-sse.revoked"],
            ["error", 0],
            ["error", 2],
        ]);
        tab.until_is("streams.a.log", log).await;
        assert_eq!(requests.to("/sse"), 2);
    }
}
