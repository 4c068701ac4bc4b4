use axum::Router;
use serde_json::json;
use tower_http::cors::CorsLayer;
use tower_sse::{Event, RejectPolicy, SseLayer};

use super::{BOTH, SOON, app, listen_from};
use crate::{browser::Browser, feed::feed, server::Server};

/// With CORS around the layer, its rejections too have the headers of CORS.
pub(super) async fn reconnects_to_another_origin(browser: &Browser) {
    for scheme in BOTH {
        let (route, mut feed) = feed();
        let policy = RejectPolicy::empty_stream().retry(SOON);
        let layer = SseLayer::new().retry(SOON).max_streams(1, policy);
        let streams = app(layer, route).layer(CorsLayer::permissive());
        let streams = Server::start(scheme, streams).await;
        let pages = Server::start(scheme, Router::new()).await;
        let first = listen_from(browser, &pages, &streams).await;
        feed.next().await.send(Event::new("last").id(9));
        let visit = feed.next().await;
        assert_eq!(visit.last_event_id.as_deref(), Some("9"));
        first.until_is("times('a', 'open')", 2).await;

        let second = listen_from(browser, &pages, &streams).await;
        let rejected = json!([["open", 1], ["error", 0], ["open", 1], ["error", 0]]);
        second.until_is("streams.a.log.slice(0, 4)", rejected).await;
    }
}
