use std::time::{Duration, Instant};

use axum::{body::Body, routing::get};
use futures::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use serde_json::json;
use socket2::SockRef;
use tokio::net::TcpListener;
use tower_sse::{BoxError, Event, EventId, Preamble, Retry, SseLayer};

use super::{SOON, app, listen, serve};
use crate::{
    browser::Browser,
    engine::Engine,
    feed::{Feed, Visit, feed},
    server::{Scheme, Server},
};

pub(super) async fn comes_back_with_the_last_id_when_the_server_was_killed(browser: &Browser) {
    // WebKit does not notice that an HTTP/2 connection has broken.
    let schemes: &[_] = match browser.engine {
        Engine::WebKit => &[Scheme::Http],
        Engine::Chromium | Engine::Firefox => &[Scheme::Http, Scheme::Https],
    };
    for &scheme in schemes {
        let (route, mut feed) = feed();
        let app = app(SseLayer::new().retry(SOON), route);
        let server = Server::start(scheme, app.clone()).await;
        let tab = listen(browser, &server).await;
        let visit = feed.next().await;
        visit.send(Event::new("one").id(41));
        visit.send(Event::new("two"));
        tab.until_is("said('a').length", 2).await;

        let address = server.kill().await;
        tab.until_is("state('a')", 0).await;
        let _server = Server::start_at(address, scheme, app).await;
        let visit = feed.next().await;
        assert_eq!(visit.last_event_id.as_deref(), Some("41"));
        visit.send(Event::new("three").id(42));
        let said = json!([
            ["message", "one", "41"],
            ["message", "two", "41"],
            ["message", "three", "42"],
        ]);
        tab.until_is("said('a')", said).await;
        assert_eq!(tab.get("times('a', 'open')").await, 2);
    }
}

pub(super) async fn sends_ids_as_they_were_and_none_that_was_taken_back(browser: &Browser) {
    let (route, mut feed) = feed();
    let server = serve(Scheme::Http, SseLayer::new().retry(SOON), route).await;
    let _tab = listen(browser, &server).await;
    let odd = "a: b\u{a0}é…🦀";
    let longest = "x".repeat(EventId::MAX_LEN);
    let events = [
        Event::new("").id(EventId::try_from(odd).unwrap()),
        Event::checkpoint(7),
        Event::new("").id(EventId::try_from(longest.as_str()).unwrap()),
        Event::new("").id(EventId::EMPTY),
        Event::new("").id(-1),
    ];
    let ids = [Some(odd), Some("7"), Some(&longest), None, Some("-1")];
    for (event, id) in events.into_iter().zip(ids) {
        let visit = feed.next().await;
        visit.send(event);
        drop(visit);
        let visit = feed.next().await;
        assert_eq!(visit.last_event_id.as_deref(), id);
    }
}

/// Without the guard, WebKit glues the half event to the first line of the next connection.
pub(super) async fn is_spared_half_events_by_the_guard(browser: &Browser) {
    let half = get(async || {
        let start = stream::iter([Ok::<_, BoxError>("data: whole\n\ndata: half")]);
        let body = Body::from_stream(start.chain(stream::pending()));
        ([(CONTENT_TYPE, "text/event-stream")], body)
    });
    let layer = SseLayer::new().retry(SOON).preamble(Preamble::guarded());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The connections have it from the listener: when the server is killed, they are reset.
    SockRef::from(&listener)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    let server = Server::start_on(listener, Scheme::Http, app(layer.clone(), half));
    let tab = listen(browser, &server).await;
    let whole = json!([["message", "whole", ""]]);
    tab.until_is("said('a')", whole).await;

    let address = server.kill().await;
    let (route, mut feed) = feed();
    let _server = Server::start_at(address, Scheme::Http, app(layer, route)).await;
    feed.next().await.send(Event::new("next"));
    let said = json!([["message", "whole", ""], ["message", "next", ""]]);
    tab.until_is("said('a')", said).await;
}

/// The line of the layer holds at once, without an event.
pub(super) async fn waits_as_the_layer_says(browser: &Browser) {
    const TIME: Duration = Duration::from_millis(800);

    let (route, mut feed) = feed();
    let layer = SseLayer::new().retry(Retry::fixed(TIME));
    let server = serve(Scheme::Http, layer, route).await;
    let tab = listen(browser, &server).await;
    let visit = feed.next().await;
    tab.until_is("times('a', 'open')", 1).await;
    assert_waits(TIME, visit, &mut feed).await;
}

/// What an event says holds for later connections too, if they say nothing.
pub(super) async fn waits_as_an_event_says(browser: &Browser) {
    const TIME: Duration = Duration::from_millis(1200);

    let (route, mut feed) = feed();
    let server = serve(Scheme::Http, SseLayer::new().retry(Retry::off()), route).await;
    let tab = listen(browser, &server).await;
    let visit = feed.next().await;
    visit.send(Event::new("x").retry(TIME));
    tab.until_is("said('a').length", 1).await;
    let visit = assert_waits(TIME, visit, &mut feed).await;
    assert_waits(TIME, visit, &mut feed).await;
}

/// Ends a stream, and sees when its client is back.
async fn assert_waits(retry: Duration, visit: Visit, feed: &mut Feed) -> Visit {
    // Browsers wait 3 or 5 seconds unless they are told.
    const UNTOLD: Duration = Duration::from_secs(3);

    drop(visit);
    let end = Instant::now();
    let next = feed.next().await;
    let waited = next.at - end;
    let almost = retry - Duration::from_millis(20);
    assert!((almost..UNTOLD).contains(&waited), "{waited:?}");
    next
}
