use serde_json::json;
use tower_sse::{Event, EventName, FinalEvents, Shutdown, ShutdownPolicy, SseLayer};

use super::{BOTH, SOON, app};
use crate::{browser::Browser, feed::feed, guard, server::Server};

const BYE: EventName = EventName::from_static("bye");

pub(super) async fn sees_a_clean_end_and_reconnects(browser: &Browser) {
    for scheme in BOTH {
        let (shutdown, next) = (Shutdown::new(), Shutdown::new());
        let bye = Event::new("").name(BYE);
        let layer = |shutdown| {
            SseLayer::new()
                .shutdown(shutdown)
                .shutdown_policy(ShutdownPolicy::immediate().retry(SOON))
                .final_events(FinalEvents::new().shutdown(bye.clone()))
        };
        let (route, mut feed) = feed();
        let server = Server::start(scheme, app(layer(&shutdown), route.clone())).await;
        let tab = browser.open(&server.url("/")).await;
        tab.run("listen('a', '/sse', ['bye'])").await;
        let visit = feed.next().await;
        visit.send(Event::new("last").id(9));
        tab.until_is("said('a').length", 1).await;
        // It sees whether the end is clean. It does not ask for an event stream by name, so it gets no
        // event that says when to reconnect.
        tab.run("readText('/sse')").await;
        let _other = feed.next().await;

        shutdown.trigger();
        assert_eq!(guard(shutdown.drained()).await, 2);
        // One that comes now gets the same event.
        tab.run("listen('b', '/sse')").await;
        tab.until("times('b', 'error')").await;
        let address = server.finish().await;
        tab.until_is("end", "whole").await;
        let last = "event: bye\ndata: \n\n";
        tab.until(&format!("text.endsWith({last:?})")).await;
        let _server = Server::start_at(address, scheme, app(layer(&next), route)).await;
        let mut visits = [feed.next().await, feed.next().await];
        visits.sort_by(|one, other| one.last_event_id.cmp(&other.last_event_id));
        let ids = visits
            .each_ref()
            .map(|visit| visit.last_event_id.as_deref());
        assert_eq!(ids, [None, Some("9")]);
        for name in ["a", "b"] {
            tab.until_is(&format!("state('{name}')"), 1).await;
        }
        let said = json!([["message", "last", "9"], ["bye", "", "9"]]);
        assert_eq!(tab.get("said('a')").await, said);
    }
}
