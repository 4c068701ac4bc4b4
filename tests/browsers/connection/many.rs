use std::collections::HashSet;

use axum::Router;
use http::Version;
use serde_json::json;
use tower_http::cors::CorsLayer;
use tower_sse::{Event, SseLayer};

use super::{app, listen, listen_from, serve};
use crate::{
    browser::Browser,
    feed::{Visit, feed},
    server::{Scheme, Server},
};

/// A browser has six HTTP/1.1 connections to a host, for all its tabs together.
pub(super) async fn waits_with_the_seventh_tab(browser: &Browser) {
    let (route, mut feed) = feed();
    let streams = app(SseLayer::new(), route).layer(CorsLayer::permissive());
    let streams = Server::start(Scheme::Http, streams).await;
    // Of their own, so that they can be had when all connections to the streams are taken.
    let pages = Server::start(Scheme::Http, Router::new()).await;

    let (mut tabs, mut visits) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        tabs.push(listen_from(browser, &pages, &streams).await);
        visits.push(feed.next().await);
    }
    let seventh = listen_from(browser, &pages, &streams).await;
    for (tab, visit) in tabs.iter().zip(&visits) {
        visit.send(Event::new("hello"));
        tab.until_is("said('a').length", 1).await;
    }
    assert_eq!(connections(&visits), 6);
    assert_eq!(seventh.get("state('a')").await, 0);
    assert!(feed.is_empty());

    tabs.pop().unwrap().close().await;
    feed.next().await.send(Event::new("at last"));
    seventh.until_is("said('a')[0]?.[1]", "at last").await;
}

/// HTTP/2 has one connection for all of them.
pub(super) async fn has_twenty_tabs_over_http2(browser: &Browser) {
    const TABS: usize = 20;

    let (route, mut feed) = feed();
    let server = serve(Scheme::Https, SseLayer::new(), route).await;
    let (mut tabs, mut visits) = (Vec::new(), Vec::new());
    for _ in 0..TABS {
        tabs.push(listen(browser, &server).await);
        visits.push(feed.next().await);
    }
    for (number, visit) in visits.iter().enumerate() {
        visit.send(Event::new(number.to_string()));
    }
    for (number, tab) in tabs.iter().enumerate() {
        let said = json!([["message", number.to_string(), ""]]);
        tab.until_is("said('a')", said).await;
    }
    assert!(visits.iter().all(|visit| visit.version == Version::HTTP_2));
    assert_eq!(connections(&visits), 1);
}

fn connections(visits: &[Visit]) -> usize {
    let addresses: HashSet<_> = visits.iter().map(|visit| visit.address).collect();
    addresses.len()
}
