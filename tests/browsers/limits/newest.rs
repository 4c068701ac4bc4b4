use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use tower_sse::{Event, LimitPolicy, SseLayer};

use crate::{
    browser::Browser,
    feed::{Feed, Visit, feed},
    requests::Requests,
    server::{BOTH, Scheme, Server},
    tab::Tab,
    times::SOON,
};

/// Ten times as long as a browser waits that may come back.
const LONG: Duration = Duration::from_secs(5);

/// Without last words, two tabs would evict each other all the time.
pub(super) async fn streams_to_the_newest_tab_only(browser: &Browser) {
    let mut users = Vec::new();
    for scheme in BOTH {
        users.push(Users::open(browser, scheme).await);
    }
    // Both servers are watched at the same time.
    tokio::time::sleep(LONG).await;
    for mut users in users {
        users.assert_newest_streams().await;
        users.assert_reload_wins().await;
    }
}

/// A user with two tabs, one of which has lost its stream to the other, and one with a single tab.
struct Users {
    feed: Feed,
    requests: Requests,
    old: Tab,
    new: Tab,
    newest: Visit,
    // Until it is evicted, the stream lasts as long as this.
    _oldest: Visit,
    other: (Tab, Visit),
    _server: Server,
}

impl Users {
    async fn open(browser: &Browser, scheme: Scheme) -> Self {
        let (route, mut feed) = feed();
        let requests = Requests::default();
        let policy = LimitPolicy::evict_oldest();
        let layer = SseLayer::new()
            .retry(SOON)
            .max_streams_per(1, policy, |head| Some(head.uri().path().to_owned()));
        let app = Router::new().route("/sse/{user}", route).layer(layer);
        let server = Server::start(scheme, requests.note(app)).await;
        let page = |user| server.url(&format!("/?listen=/sse/{user}&type=tower-sse.evicted"));
        let other = (browser.open(&page("bob")).await, feed.next().await);
        let old = browser.open(&page("ada")).await;
        let oldest = feed.next().await;
        oldest.send(Event::new("one").id(1));
        old.until_is("said('a').length", 1).await;
        let new = browser.open(&page("ada")).await;
        Self {
            newest: feed.next().await,
            _oldest: oldest,
            feed,
            requests,
            old,
            new,
            other,
            _server: server,
        }
    }

    async fn assert_newest_streams(&self) {
        // A tab may reconnect once, and gets 204.
        let requests = self.requests.to("/ada");
        assert!((2..=3).contains(&requests), "{requests}");
        assert!(self.feed.is_empty());
        let log = json!([
            ["open", 1],
            ["message", "one", "1"],
            evicted(),
            ["error", 0]
        ]);
        assert_eq!(self.old.get("streams.a.log").await, log);
        self.newest.send(Event::new("two").id(2));
        assert_reads(&self.new, "two", "2").await;
    }

    /// A page that is loaded again has no id, and its stream is the newest.
    async fn assert_reload_wins(&mut self) {
        self.old.reload().await;
        let visit = self.feed.next().await;
        assert_eq!(visit.last_event_id, None);
        visit.send(Event::new("three").id(3));
        assert_reads(&self.old, "three", "3").await;
        self.new.until_is("said('a').at(-1)", evicted()).await;
        let (tab, visit) = &self.other;
        visit.send(Event::new("four"));
        assert_reads(tab, "four", "").await;
    }
}

/// Waits until a page has read an event, and nothing else, from its first stream.
async fn assert_reads(tab: &Tab, data: &str, id: &str) {
    let log = json!([["open", 1], ["message", data, id]]);
    tab.until_is("streams.a.log", log).await;
}

fn evicted() -> Value {
    json!(["tower-sse.evicted", "", "tower-sse.evicted"])
}
