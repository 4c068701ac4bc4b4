use axum::routing::get;
use futures::{StreamExt, stream};
use http::{Response, StatusCode};
use serde_json::json;
use tower_sse::{BoxEventStream, Event, EventStream, LastEventId, Refuse, SseLayer, stop};

use super::{BOTH, SOON, UNTOLD, listen, serve};
use crate::{browser::Browser, feed::feed, server::Scheme, tab::Tab};

pub(super) async fn stops_for_good_at_204(browser: &Browser) {
    let chapters = get(
        async |last: Option<LastEventId>| -> Response<BoxEventStream> {
            if last.is_some() {
                return stop();
            }
            let only = stream::iter([Event::new("all there is").id(1)]);
            EventStream::new(only.boxed()).into_boxed().into()
        },
    );
    for scheme in BOTH {
        let server = serve(scheme, SseLayer::new().retry(SOON), chapters.clone()).await;
        assert_stops(&listen(browser, &server).await).await;
    }
}

/// The layer leaves it as it is.
pub(super) async fn stops_for_good_at_an_error(browser: &Browser) {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR] {
        let chapters = get(async move |last: Option<LastEventId>| {
            if last.is_some() {
                return Err(status);
            }
            let only = stream::iter([Event::new("all there is").id(1)]);
            Ok(EventStream::new(only))
        });
        let server = serve(Scheme::Http, SseLayer::new().retry(SOON), chapters).await;
        assert_stops(&listen(browser, &server).await).await;
    }
}

/// Waits until a page has read a stream of one event, and has come back once.
async fn assert_stops(tab: &Tab) {
    let log = json!([
        ["open", 1],
        ["message", "all there is", "1"],
        ["error", 0],
        ["error", 2],
    ]);
    tab.until_is("streams.a.log", log).await;
}

pub(super) async fn gets_in_when_there_is_room(browser: &Browser) {
    for scheme in BOTH {
        let (route, mut feed) = feed();
        let refuse = Refuse::softly().retry(SOON);
        let layer = SseLayer::new().retry(SOON).max_streams(1, refuse);
        let server = serve(scheme, layer, route).await;
        let first = listen(browser, &server).await;
        let visit = feed.next().await;
        visit.send(Event::new("hello").id(1));
        first.until_is("said('a').length", 1).await;

        let second = listen(browser, &server).await;
        let refused = json!([["open", 1], ["error", 0], ["open", 1], ["error", 0]]);
        second.until_is("streams.a.log.slice(0, 4)", refused).await;
        // Those that are refused have been made, too.
        let refused = [feed.next().await, feed.next().await];
        assert!(refused[1].at - refused[0].at < UNTOLD);
        // Who would take that for an empty answer is told.
        let other = "fetch('/sse', { headers: { accept: 'application/json' } })";
        let answer = "[response.status, response.headers.get('retry-after')]";
        let asked = format!("{other}.then((response) => window.answer = {answer})");
        second.run(&asked).await;
        second.until_is("answer", json!([503, "1"])).await;
        first.run("streams.a.source.close()").await;
        let visit = loop {
            let visit = feed.next().await;
            if visit.is_open() {
                break visit;
            }
        };
        visit.send(Event::new("welcome"));
        let said = json!([["message", "welcome", ""]]);
        second.until_is("said('a')", said).await;
    }
}

pub(super) async fn stays_away_when_refused_with_an_error(browser: &Browser) {
    let (route, mut feed) = feed();
    let refuse = Refuse::with(StatusCode::SERVICE_UNAVAILABLE).retry(SOON);
    let layer = SseLayer::new().retry(SOON).max_streams(1, refuse);
    let server = serve(Scheme::Http, layer, route).await;
    let first = listen(browser, &server).await;
    let _visit = feed.next().await;
    first.until_is("state('a')", 1).await;

    let second = listen(browser, &server).await;
    second
        .until_is("streams.a.log", json!([["error", 2]]))
        .await;
}
