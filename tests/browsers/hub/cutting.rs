use std::time::Duration;

use serde_json::json;
use tower_sse::{Hub, HubOptions};

use super::{FEEDS, PAGE, app, cutter::Cutter, entry, publish};
use crate::{
    browser::Browser,
    engine::Engine,
    server::{Scheme, Server},
};

/// The hub outlives the server. Events are published right before a cut, before the page is back, and
/// after that.
pub(super) async fn loses_and_doubles_nothing_when_the_server_is_killed(browser: &Browser) {
    // WebKit does not notice that an HTTP/2 connection has broken.
    let schemes: &[_] = match browser.engine {
        Engine::WebKit => &[Scheme::Http],
        Engine::Chromium | Engine::Firefox => &[Scheme::Http, Scheme::Https],
    };
    for &scheme in schemes {
        let hub = Hub::new(HubOptions::new());
        let mut server = Server::start(scheme, app(&hub)).await;
        let tab = browser.open(&server.url(PAGE)).await;
        let mut said = vec![entry("checkpoint", "", &hub.last_id())];
        tab.until_is("said('a')", said.clone()).await;
        for cut in 1..4 {
            said.extend(FEEDS.map(|feed| publish(&hub, feed, &format!("before cut {cut}"))));
            let address = server.kill().await;
            tab.until_is("state('a')", 0).await;
            said.extend(FEEDS.map(|feed| publish(&hub, feed, &format!("in cut {cut}"))));
            server = Server::start_at(address, scheme, app(&hub)).await;
            tab.until_is("times('a', 'open')", cut + 1).await;
            said.extend(FEEDS.map(|feed| publish(&hub, feed, &format!("after cut {cut}"))));
            tab.until_is("said('a')", said.clone()).await;
        }
    }
}

/// Most cuts are in the middle of an event, and events are published all the time.
pub(super) async fn loses_and_doubles_nothing_when_connections_are_cut_anywhere(browser: &Browser) {
    // Each leaves room for the page itself.
    const CUTS: [usize; 8] = [
        10_000, 10_101, 10_211, 10_321, 10_438, 10_549, 10_663, 10_777,
    ];
    const ROUNDS: usize = 500;
    const PAUSE: Duration = Duration::from_millis(10);

    let hub = Hub::new(HubOptions::new());
    let server = Server::start(Scheme::Http, app(&hub)).await;
    let cutter = Cutter::start(server.address, CUTS).await;
    let page = format!("http://{}{PAGE}", cutter.address);
    let tab = browser.open(&page).await;
    tab.until_is("said('a').length", 1).await;
    for round in 0..ROUNDS {
        let padding = "x".repeat(round);
        for feed in FEEDS {
            publish(&hub, feed, &format!("{feed} {round} {padding}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    tab.until_is("said('a').length", 1 + FEEDS.len() * ROUNDS)
        .await;
    let rounds: Vec<_> = (0..ROUNDS).map(|round| [round, round]).collect();
    for feed in FEEDS {
        let of_feed = format!(
            "said('a').map(([, data]) => data.split(' ')).filter(([name]) => name === '{feed}')"
        );
        let lengths = format!("{of_feed}.map(([, round, padding]) => [+round, padding.length])");
        assert_eq!(tab.get(&lengths).await, json!(rounds), "{feed}");
    }
    assert_eq!(tab.get("times('a', 'open')").await, 1 + CUTS.len());
}
