use tower_sse::{Hub, HubOptions};

use super::{FEEDS, PAGE, app, entry, publish};
use crate::{
    browser::Browser,
    server::{Scheme, Server},
};

/// With the server the hub is lost, and the ids of the next one are of another epoch.
pub(super) async fn is_notified_of_a_gap_in_each_feed_after_a_restart(browser: &Browser) {
    let hub = Hub::new(HubOptions::new());
    let server = Server::start(Scheme::Http, app(&hub)).await;
    let tab = browser.open(&server.url(PAGE)).await;
    let mut said = vec![entry("checkpoint", "", &hub.last_id())];
    tab.until_is("said('a')", said.clone()).await;
    said.extend(FEEDS.map(|feed| publish(&hub, feed, "before the restart")));
    tab.until_is("said('a')", said.clone()).await;

    let address = server.kill().await;
    tab.until_is("state('a')", 0).await;
    let old_id = hub.last_id();
    drop(hub);
    let hub = Hub::new(HubOptions::new());
    let first_id = hub.last_id();
    let events = ["team/3", "global"].map(|feed| publish(&hub, feed, "before the page"));
    let server = Server::start_at(address, Scheme::Http, app(&hub)).await;
    // The first line of the data is the id of the feed's oldest event. The last notice has an id.
    let [team, global] = events.each_ref().map(|event| event[2].as_str().unwrap());
    said.extend([
        entry("gap", "\nuser/ada", &old_id),
        entry("gap", &format!("{team}\nteam/3"), &old_id),
        entry("gap", &format!("{global}\nglobal"), &first_id),
    ]);
    said.extend(events);
    tab.until_is("said('a')", said.clone()).await;
    said.extend(FEEDS.map(|feed| publish(&hub, feed, "after the page")));
    tab.until_is("said('a')", said.clone()).await;

    // The server alone.
    let address = server.kill().await;
    tab.until_is("state('a')", 0).await;
    said.extend(FEEDS.map(|feed| publish(&hub, feed, "once more")));
    let _server = Server::start_at(address, Scheme::Http, app(&hub)).await;
    tab.until_is("said('a')", said).await;
}
