use serde_json::json;
use tower_sse::{Event, EventName, SseLayer};

use super::{BOTH, SOON, listen, serve};
use crate::{
    broken::broken,
    browser::Browser,
    feed::{feed, feed_of},
};

const FAILED: EventName = EventName::from_static("failed");

/// What came before the failure is there, and the connection breaks. Over HTTP/2 the EventSource's
/// stream ends instead, for WebKit does not notice that one is reset.
pub(super) async fn reconnects_after_a_body_fails(browser: &Browser) {
    for scheme in BOTH {
        let (route, mut feed) = feed();
        let server = serve(scheme, SseLayer::new().retry(SOON), route).await;
        let tab = listen(browser, &server).await;
        tab.run("readText('/sse')").await;
        for _ in 0..2 {
            let visit = feed.next().await;
            visit.send(Event::new("last").id(9));
            visit.fail("no more");
        }
        let said = json!([["message", "last", "9"]]);
        tab.until_is("said('a')", said).await;
        tab.until_is("text", "retry: 500\nid: 9\ndata: last\n\n")
            .await;
        let visit = feed.next().await;
        assert_eq!(visit.last_event_id.as_deref(), Some("9"));
        tab.until_is("times('a', 'open')", 2).await;
        tab.until_is("end", broken(browser.engine, scheme)).await;
    }
}

/// It is noticed everywhere, and the stream ends cleanly.
pub(super) async fn sees_the_error_as_an_event(browser: &Browser) {
    for scheme in BOTH {
        let (route, mut feed) = feed_of(|stream| {
            let event = |error: tower_sse::Error| Event::new(error.into_inner().to_string());
            stream.error_event(move |error| event(error).name(FAILED))
        });
        let server = serve(scheme, SseLayer::new().retry(SOON), route).await;
        let tab = browser.open(&server.url("/")).await;
        tab.run("listen('a', '/sse', ['failed'])").await;
        let visit = feed.next().await;
        visit.send(Event::new("last").id(9));
        visit.fail("no more");
        let visit = feed.next().await;
        assert_eq!(visit.last_event_id.as_deref(), Some("9"));
        let log = json!([
            ["open", 1],
            ["message", "last", "9"],
            ["failed", "no more", "9"],
            ["error", 0],
            ["open", 1],
        ]);
        tab.until_is("streams.a.log", log).await;
    }
}
