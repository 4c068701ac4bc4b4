use axum::{Router, routing::get};
use futures::stream;
use http::Version;
use serde_json::json;
use tower_sse::{Event, EventStream, Heartbeat, Preamble, SseLayer};

use super::{BOTH, app, listen, serve};
use crate::{
    browser::Browser,
    engine::Engine,
    feed::feed,
    server::{Scheme, Server},
};

pub(super) async fn opens_before_the_first_event(browser: &Browser) {
    for scheme in BOTH {
        let (route, mut feed) = feed();
        // Browsers say that they accept event streams. A heartbeat would open it too, later.
        let layer = SseLayer::new().require_accept(true);
        let server = serve(scheme, layer.heartbeat(Heartbeat::off()), route).await;
        let tab = listen(browser, &server).await;
        let visit = feed.next().await;
        let version = match scheme {
            Scheme::Http | Scheme::HttpSocket => Version::HTTP_11,
            Scheme::Https => Version::HTTP_2,
        };
        assert_eq!((visit.version, &visit.last_event_id), (version, &None));
        tab.until_is("streams.a.log", json!([["open", 1]])).await;
        visit.send(Event::new("first"));
        let log = json!([["open", 1], ["message", "first", ""]]);
        tab.until_is("streams.a.log", log).await;
    }
}

/// Without a first byte there is no `onopen` in Firefox, nor over HTTP/2 in WebKit.
pub(super) async fn opens_without_a_preamble_as_its_browser_does(browser: &Browser) {
    for scheme in BOTH {
        let (route, mut feed) = feed();
        let other = get(async || EventStream::new(stream::pending::<Event>()));
        let other = Router::new().route("/other", other).layer(SseLayer::new());
        let app = app(SseLayer::new().preamble(Preamble::off()), route).merge(other);
        let server = Server::start(scheme, app).await;
        let tab = listen(browser, &server).await;
        let visit = feed.next().await;
        match (browser.engine, scheme) {
            (Engine::Chromium, _) | (Engine::WebKit, Scheme::Http | Scheme::HttpSocket) => {
                tab.until_is("streams.a.log", json!([["open", 1]])).await;
            }
            (Engine::Firefox, _) | (Engine::WebKit, Scheme::Https) => {
                // One that is asked for later is open before it.
                tab.run("listen('b', '/other')").await;
                tab.until_is("state('b')", 1).await;
                assert_eq!(tab.get("streams.a.log").await, json!([]));
            }
        }
        visit.send(Event::new("first"));
        let log = json!([["open", 1], ["message", "first", ""]]);
        tab.until_is("streams.a.log", log).await;
    }
}
