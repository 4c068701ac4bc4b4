use axum::routing::get;
use futures::{StreamExt, stream};
use http::{Response, StatusCode};
use serde_json::json;
use tower_sse::{BoxEventStream, Event, EventStream, LastEventId, Refuse, SseLayer, stop};

use super::{BOTH, SOON, listen, serve};
use crate::{browser::Browser, feed::feed, server::Scheme};

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
        let tab = listen(browser, &server).await;
        let log = json!([
            ["open", 1],
            ["message", "all there is", "1"],
            ["error", 0],
            ["error", 2],
        ]);
        tab.until_is("streams.a.log", log).await;
    }
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
        second.until("times('a', 'error') >= 2").await;
        assert_eq!(second.get("state('a')").await, 0);
        assert_eq!(second.get("said('a')").await, json!([]));
        first.run("streams.a.source.close()").await;
        second.until_is("state('a')", 1).await;
        // Those that were refused had been made, too.
        while second.get("said('a').length").await == 0 {
            let visit = feed.next().await;
            if visit.is_open() {
                visit.send(Event::new("welcome"));
                second.until("said('a').length == 1").await;
            }
        }
        assert_eq!(
            second.get("said('a')").await,
            json!([["message", "welcome", ""]])
        );
    }
}

pub(super) async fn stays_away_from_an_error(browser: &Browser) {
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
