use std::time::{Duration, Instant};

use axum::routing::get;
use futures::{StreamExt, stream};
use http::{Response, StatusCode};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower_sse::{
    BoxEventStream, Event, EventStream, LastEventId, RejectPolicy, Retry, SseLayer,
    stop_reconnecting,
};

use super::{BOTH, SOON, listen, serve};
use crate::{browser::Browser, feed::feed, guard, server::Scheme, tab::Tab, times::assert_in_time};

pub(super) async fn stops_for_good_at_204(browser: &Browser) {
    let chapters = get(
        async |last: Option<LastEventId>| -> Response<BoxEventStream> {
            if last.is_some() {
                return stop_reconnecting();
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

/// An event that the page need not know says when to come back.
pub(super) async fn gets_in_when_there_is_room(browser: &Browser) {
    const TIME: Duration = Duration::from_millis(700);

    for scheme in BOTH {
        let (route, mut feed) = feed();
        let (sender, mut rejections) = unbounded_channel();
        let policy = RejectPolicy::empty_stream().retry(Retry::fixed(TIME));
        let layer = SseLayer::new()
            .max_streams(1, policy)
            .on_reject(move |_| sender.send(Instant::now()).unwrap_or_default());
        let server = serve(scheme, layer, route).await;
        let first = listen(browser, &server).await;
        let visit = feed.next().await;
        visit.send(Event::new("hello").id(1));
        first.until_is("said('a').length", 1).await;

        let second = browser.open(&server.url("/")).await;
        second.run("listen('a', '/sse', ['tower-sse.retry'])").await;
        let rejected = json!([
            ["open", 1],
            ["tower-sse.retry", "", ""],
            ["error", 0],
            ["open", 1],
        ]);
        second.until_is("streams.a.log.slice(0, 4)", rejected).await;
        let (earlier, later) = (next(&mut rejections).await, next(&mut rejections).await);
        // Before it is rejected it waits for a place.
        let waited = later - earlier - Duration::from_millis(200);
        assert_in_time("after a rejection", TIME, waited);
        // The handler has made no stream in vain.
        assert!(feed.is_empty());
        // A client that would take an empty stream for an empty response gets a status.
        let other = "fetch('/sse', { headers: { accept: 'application/json' } })";
        let answer = "[response.status, response.headers.get('retry-after')]";
        let asked = format!("{other}.then((response) => window.answer = {answer})");
        second.run(&asked).await;
        second.until_is("answer", json!([503, "1"])).await;
        let rejected = feed.next().await;
        assert!(!rejected.is_open());

        first.run("streams.a.source.close()").await;
        feed.next().await.send(Event::new("welcome"));
        let said = "said('a').filter(([type]) => type === 'message')";
        second
            .until_is(said, json!([["message", "welcome", ""]]))
            .await;
    }
}

async fn next<T>(receiver: &mut UnboundedReceiver<T>) -> T {
    guard(receiver.recv()).await.unwrap()
}

pub(super) async fn does_not_reconnect_after_a_rejection_with_an_error(browser: &Browser) {
    let (route, mut feed) = feed();
    let policy = RejectPolicy::with_status(StatusCode::SERVICE_UNAVAILABLE).retry(SOON);
    let layer = SseLayer::new().retry(SOON).max_streams(1, policy);
    let server = serve(Scheme::Http, layer, route).await;
    let first = listen(browser, &server).await;
    let _visit = feed.next().await;
    first.until_is("state('a')", 1).await;

    let second = listen(browser, &server).await;
    second
        .until_is("streams.a.log", json!([["error", 2]]))
        .await;
}
