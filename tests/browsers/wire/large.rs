use axum::{Router, routing::get};
use futures::stream;
use http::Response;
use tower_sse::{Event, EventStream, SseLayer};

use crate::{
    browser::Browser,
    server::{Scheme, Server},
};

const LINES: usize = 1_000_000;
const LINE: usize = 1024 * 1024;

/// Many lines, and a long one.
pub(super) async fn is_read_whole(browser: &Browser) {
    let events = get(async || {
        let lines: String = (0..LINES).map(|line| format!("line {line}\r\n")).collect();
        let line = "é".repeat(LINE / 2);
        Response::from(EventStream::new(stream::iter(
            [lines, line].map(Event::new),
        )))
    });
    let app = Router::new().route("/sse", events).layer(SseLayer::new());
    let server = Server::start(Scheme::Http, app).await;
    let tab = browser.open(&server.url("/")).await;
    tab.run("read('a', '/sse').then((heard) => window.heard = heard)")
        .await;
    tab.until_is("heard.length", 2).await;
    let lines =
        format!("Array.from({{ length: {LINES} }}, (_, line) => `line ${{line}}\\n`).join('')");
    assert_eq!(tab.get(&format!("heard[0][1] === {lines}")).await, true);
    let line = format!("'é'.repeat({LINE} / 2)");
    assert_eq!(tab.get(&format!("heard[1][1] === {line}")).await, true);
}
