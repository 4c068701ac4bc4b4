use axum::Router;
use tower_http::cors::CorsLayer;
use tower_sse::{Event, SseLayer};

use super::{app, serve};
use crate::{
    browser::Browser,
    feed::feed,
    server::{Scheme, Server},
};

/// A browser has six HTTP/1.1 connections to a host, for all its tabs together.
pub(super) async fn waits_with_the_seventh_tab(browser: &Browser) {
    let (route, mut feed) = feed();
    let layer = SseLayer::new();
    let streams = app(layer, route).layer(CorsLayer::permissive());
    let streams = Server::start(Scheme::Http, streams).await;
    // Of their own, so that they can be had when all connections to the streams are taken.
    let pages = Server::start(Scheme::Http, Router::new()).await;
    let listen = format!("listen('a', {:?})", streams.url("/sse"));

    let (mut tabs, mut visits) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        let tab = browser.open(&pages.url("/")).await;
        tab.run(&listen).await;
        visits.push(feed.next().await);
        tabs.push(tab);
    }
    let seventh = browser.open(&pages.url("/")).await;
    seventh.run(&listen).await;
    for (tab, visit) in tabs.iter().zip(&visits) {
        visit.send(Event::new("hello"));
        tab.until_is("said('a').length", 1).await;
    }
    assert_eq!(seventh.get("state('a')").await, 0);
    assert!(feed.is_waiting());

    tabs.pop().unwrap().close().await;
    feed.next().await.send(Event::new("at last"));
    seventh.until_is("said('a')[0]?.[1]", "at last").await;
}

pub(super) async fn has_twenty_streams_over_http2(browser: &Browser) {
    const TABS: usize = 4;
    const EACH: usize = 5;

    let (route, mut feed) = feed();
    let server = serve(Scheme::Https, SseLayer::new(), route).await;
    let (mut tabs, mut visits) = (Vec::new(), Vec::new());
    for _ in 0..TABS {
        let tab = browser.open(&server.url("/")).await;
        tab.run(&format!(
            "for (let i = 0; i < {EACH}; i++) listen(i, '/sse')"
        ))
        .await;
        for _ in 0..EACH {
            visits.push(feed.next().await);
        }
        tabs.push(tab);
    }
    for visit in &visits {
        visit.send(Event::new("hello"));
    }
    let all = "Object.keys(streams).filter((name) => said(name).length == 1).length";
    for tab in &tabs {
        tab.until_is(all, EACH).await;
    }
}
