use axum::{
    Router,
    routing::{MethodRouter, post},
};
use serde_json::{Value, json};
use tower_sse::{Event, FinalEvents};

use super::cut::{Cause, Cut};
use crate::{
    broken::broken,
    browser::Browser,
    server::{BOTH, Scheme, Server},
    tab::Tab,
};

/// How many streams a page opens. WebKit opens up to six connections, one for each POST, and a
/// connection whose stream was reset stays taken.
const STREAMS: usize = 4;

/// Chromium and Firefox report an error. WebKit sees that a body breaks only if the connection is
/// reset.
pub(super) async fn sees_that_an_answer_is_cut(browser: &Browser) {
    for scheme in [Scheme::Http, Scheme::HttpSocket, Scheme::Https] {
        for causes in Cause::ALL.chunks(STREAMS) {
            let (tab, _server) = fetch_all(browser, scheme, causes, FinalEvents::new()).await;
            for &cause in causes {
                assert_reads(&tab, cause, "").await;
                assert_ends(&tab, cause, broken(browser.engine, scheme)).await;
            }
        }
    }
}

/// All three read it. Within another event there is no place for it.
pub(super) async fn reads_the_final_event_and_a_clean_end(browser: &Browser) {
    for scheme in BOTH {
        for causes in Cause::ALL.chunks(STREAMS) {
            let events = FinalEvents::any(Event::new("cut"));
            let (tab, _server) = fetch_all(browser, scheme, causes, events).await;
            for &cause in causes {
                let (event, end) = match cause.is_within_event() {
                    true => ("", broken(browser.engine, scheme)),
                    false => ("data: cut\n\n", json!("whole")),
                };
                assert_reads(&tab, cause, event).await;
                assert_ends(&tab, cause, end).await;
            }
        }
    }
}

/// Opens a page that gets a stream by POST for each cause.
async fn fetch_all(
    browser: &Browser,
    scheme: Scheme,
    causes: &[Cause],
    events: FinalEvents,
) -> (Tab, Server) {
    let mut app = Router::new();
    for &cause in causes {
        let cut = Cut::by(cause);
        let layer = cut.layer().final_events(events.clone());
        let route: MethodRouter = post(async move || cut.response()).layer(layer);
        app = app.route(&cause.path(), route);
    }
    let server = Server::start(scheme, app).await;
    let tab = browser.open(&server.url("/")).await;
    tab.run("window.answers = {}").await;
    for cause in causes {
        let (path, into) = (cause.path(), format!("answers.{cause:?} = {{}}"));
        tab.run(&format!("readText('{path}', {{ method: 'POST' }}, {into})"))
            .await;
    }
    (tab, server)
}

/// Waits until a page has read everything before the cut, and the final event.
async fn assert_reads(tab: &Tab, cause: Cause, event: &str) {
    let half = match cause.is_within_event() {
        true => "id: 10\ndata: half",
        false => "",
    };
    // The preamble comes first.
    let text = format!("answers.{cause:?}.text.split('\\n').slice(1).join('\\n')");
    let read = format!("id: 9\ndata: last\n\n{half}{event}");
    tab.until_is(&text, read).await;
}

async fn assert_ends(tab: &Tab, cause: Cause, end: Value) {
    tab.until_is(&format!("answers.{cause:?}.end"), end).await;
}
