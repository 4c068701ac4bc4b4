//! What pages read of what is written.

mod adopted;
mod fields;
mod heartbeats;
mod large;
mod text;

use std::{future::ready, sync::Arc, time::Duration};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;
use serde_json::Value;
use tower_sse::{Event, EventStream, Heartbeat, SseLayer};

use crate::{
    browser::{Browser, checks},
    engine::Engine,
    server::{Scheme, Server},
};

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        text::is_read_as_it_was_given,
        text::keeps_nul_but_in_firefox,
        fields::are_read_as_they_were_given,
        fields::cannot_be_forged,
        heartbeats::are_not_seen,
        heartbeats::are_events_for_a_page_that_listens,
        adopted::is_read_whatever_its_lines_and_frames,
        adopted::is_spared_its_faults,
        adopted::is_left_alone_when_compressed,
        adopted::ignores_an_id_with_nul,
        large::is_read_whole,
    }
}

/// A response, and what a page hears of it: type, data and last event id of each event.
struct Case {
    name: &'static str,
    response: Arc<dyn Fn() -> Response + Send + Sync>,
    heard: Value,
}

impl Case {
    fn new<R: IntoResponse>(
        name: &'static str,
        response: impl Fn() -> R + Send + Sync + 'static,
        heard: Value,
    ) -> Self {
        Self {
            name,
            response: Arc::new(move || response().into_response()),
            heard,
        }
    }

    /// Of a stream of these events.
    fn events<const N: usize>(name: &'static str, events: [Event; N], heard: Value) -> Self {
        let events = move || EventStream::new(stream::iter(events.clone()));
        Self::new(name, events, heard)
    }
}

/// Events of these types are listened to, beside messages.
const TYPES: &str = "['tick', 'forged', 'ping', 'discard', 'charged', ' a: b\u{2028}é']";

/// Sends each response to a page, in turn.
async fn assert_heard(browser: &Browser, layer: SseLayer, cases: Vec<Case>) {
    let (count, mut app) = (cases.len(), Router::new());
    for (number, Case { response, .. }) in cases.iter().enumerate() {
        let response = Arc::clone(response);
        app = app.route(&format!("/{number}"), get(move || ready(response())));
    }
    let server = Server::start(Scheme::Http, app.layer(layer)).await;
    let tab = browser.open(&server.url("/")).await;
    let read = format!("heard.push(await read(i, `/${{i}}`, {TYPES}))");
    let all = format!("for (let i = 0; i < {count}; i++) {read}");
    tab.run(&format!("window.heard = []; (async () => {{ {all} }})()"))
        .await;
    for (number, Case { name, heard, .. }) in cases.iter().enumerate() {
        tab.until(&format!("heard.length > {number}")).await;
        assert_eq!(tab.get(&format!("heard[{number}]")).await, *heard, "{name}");
    }
}

/// Returns a layer that puts in as many heartbeats as there may be.
fn restless() -> SseLayer {
    let comment = "beat\n\nevent: forged\ndata: no\r\rdata: nor\r\n\r\n";
    SseLayer::new().heartbeat(Heartbeat::every(Duration::from_millis(1)).comment(comment))
}
