use std::time::Duration;

use axum::Router;
use serde_json::json;
use tower_sse::{Event, EventId, EventName, Heartbeat, SseLayer};

use super::{TYPES, restless};
use crate::{
    browser::Browser,
    feed::{Feed, feed},
    server::{Scheme, Server},
    tab::Tab,
};

pub(super) async fn are_not_seen(browser: &Browser) {
    let (tab, mut feed, _server) = listen(browser, restless()).await;
    let visit = feed.next().await;
    tab.run("readText('/sse')").await;
    let read = feed.next().await;
    for (number, event) in events().into_iter().enumerate() {
        // A page that reads the text sees them before each event.
        tab.until(&format!(
            "text.split('\\n\\n')[{number}]?.includes(': beat\\n')"
        ))
        .await;
        visit.send(event.clone());
        read.send(event);
    }
    let log = json!([
        ["open", 1],
        ["message", "a\nb", "1"],
        ["message", "c", "1"],
        ["message", "", ""],
    ]);
    tab.until_is("streams.a.log", log).await;
}

pub(super) async fn are_events_for_a_page_that_listens(browser: &Browser) {
    const PING: EventName = EventName::from_static("ping");

    let ping = Event::new("beat").name(PING);
    let heartbeat = Heartbeat::every(Duration::from_millis(20)).event(ping);
    let (tab, mut feed, _server) = listen(browser, SseLayer::new().heartbeat(heartbeat)).await;
    let visit = feed.next().await;
    let heard = [
        ["ping", "beat", ""],
        ["message", "a\nb", "1"],
        ["ping", "beat", "1"],
        ["message", "c", "1"],
        ["ping", "beat", "1"],
        ["message", "", ""],
        ["ping", "beat", ""],
    ];
    // Those of one silence are one.
    let said = "said('a').filter((event, i, all) => String(event) !== String(all[i - 1]))";
    for (number, event) in events().into_iter().enumerate() {
        tab.until_is(said, json!(heard[..=2 * number])).await;
        visit.send(event);
    }
    tab.until_is(said, json!(heard)).await;
}

fn events() -> [Event; 3] {
    [
        Event::new("a\nb").id(1),
        Event::new("c"),
        Event::new("").id(EventId::EMPTY),
    ]
}

/// Opens a page that listens to a stream, `a`.
async fn listen(browser: &Browser, layer: SseLayer) -> (Tab, Feed, Server) {
    let (route, feed) = feed();
    let app = Router::new().route("/sse", route).layer(layer);
    let server = Server::start(Scheme::Http, app).await;
    let tab = browser.open(&server.url("/")).await;
    tab.run(&format!("listen('a', '/sse', {TYPES})")).await;
    (tab, feed, server)
}
