use std::time::{Duration, Instant};

use axum::{Router, body::Body, routing::get};
use futures::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use serde_json::json;
use socket2::SockRef;
use tokio::net::TcpListener;
use tower_sse::{
    BoxError, Event, EventId, EventStream, LastEventId, Lifetime, Preamble, Retry, SseLayer,
};

use super::{BOTH, SOON, app, listen, serve};
use crate::{
    browser::Browser,
    engine::Engine,
    feed::{Feed, Visit, feed},
    server::{Scheme, Server},
    times::assert_in_time,
};

pub(super) async fn reconnects_with_the_last_id_after_the_server_was_killed(browser: &Browser) {
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
        // An id without data, which only Chromium observes.
        Event::default().id(8),
    ];
    let observed = match browser.engine {
        Engine::Chromium => "8",
        Engine::Firefox | Engine::WebKit => "-1",
    };
    let ids = [
        Some(odd),
        Some("7"),
        Some(&longest),
        None,
        Some("-1"),
        Some(observed),
    ];
    let mut visit = feed.next().await;
    for (event, id) in events.into_iter().zip(ids) {
        visit.send(event);
        drop(visit);
        visit = feed.next().await;
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

/// A time that is too long for browsers is the longest that they know.
pub(super) async fn waits_for_weeks(browser: &Browser) {
    // Five of these are more than browsers wait by themselves.
    const TIME: Duration = Duration::from_millis(1100);

    let ((route, mut feed), (other, mut others)) = (feed(), feed());
    let layer = |time| SseLayer::new().retry(Retry::fixed(time));
    let other = Router::new().route("/other", other).layer(layer(TIME));
    let app = app(layer(Duration::MAX), route).merge(other);
    let server = Server::start(Scheme::Http, app).await;
    let tab = listen(browser, &server).await;
    drop(feed.next().await);
    tab.until_is("streams.a.log", json!([["open", 1], ["error", 0]]))
        .await;
    tab.run("listen('b', '/other')").await;
    for _ in 0..6 {
        drop(others.next().await);
    }
    assert!(feed.is_empty());
}

/// WebKit notices nothing but a proper end over HTTP/2.
pub(super) async fn reconnects_after_its_lifetime(browser: &Browser) {
    let count = get(async |last: Option<LastEventId>| {
        let next = last.map_or(1, |id| id.as_str().parse::<u64>().unwrap() + 1);
        EventStream::new(stream::iter([Event::new("").id(next)]).chain(stream::pending()))
    });
    for scheme in BOTH {
        let layer = SseLayer::new().retry(SOON);
        let layer = layer.max_lifetime(Lifetime::new(Duration::from_millis(300)));
        let server = serve(scheme, layer, count.clone()).await;
        let tab = listen(browser, &server).await;
        let said = json!([["message", "", "1"], ["message", "", "2"]]);
        tab.until_is("said('a').slice(0, 2)", said).await;
    }
}

/// Browsers do, unless something comes before it, as it does here: the layer removes it.
pub(super) async fn reads_past_the_bom_of_each_connection(browser: &Browser) {
    let adopted = get(async || ([(CONTENT_TYPE, "text/event-stream")], "\u{feff}data: a\n\n"));
    let server = serve(Scheme::Http, SseLayer::new().retry(SOON), adopted).await;
    let tab = listen(browser, &server).await;
    let said = json!([["message", "a", ""], ["message", "a", ""]]);
    tab.until_is("said('a').slice(0, 2)", said).await;
}

/// Ends a stream, and sees when its client is back.
async fn assert_waits(retry: Duration, visit: Visit, feed: &mut Feed) -> Visit {
    drop(visit);
    let end = Instant::now();
    let next = feed.next().await;
    assert_in_time("after its end", retry, next.at - end);
    next
}
