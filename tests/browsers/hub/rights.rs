use tower_sse::{ChannelStart, Hub, HubOptions};

use super::{PAGE, app_with_rights, entry, publish, rights};
use crate::{
    browser::Browser,
    server::{Scheme, Server},
};

pub(super) async fn gets_nothing_of_a_feed_after_it_was_removed(browser: &Browser) {
    let hub = Hub::new(HubOptions::new());
    let rights = rights(&["team/3", "global"]);
    let server = Server::start(Scheme::Http, app_with_rights(&hub, &rights)).await;
    let tab = browser.open(&server.url(PAGE)).await;
    let mut said = vec![entry("checkpoint", "", &hub.last_id())];
    tab.until_is("said('a')", said.clone()).await;
    said.push(publish(&hub, "team/3", "sent"));
    let last = publish(&hub, "global", "sent");
    said.push(last);
    tab.until_is("said('a')", said.clone()).await;
    let last_id = hub.last_id();

    // The body has not been polled since.
    publish(&hub, "team/3", "not sent yet");
    let global = publish(&hub, "global", "not sent yet");
    *rights.lock().unwrap() = vec!["global".into()];
    hub.subscribers("ada").remove("team/3");
    said.extend([entry("channel-removed", "team/3", &last_id), global]);
    for number in 0..20 {
        publish(&hub, "team/3", &format!("after {number}"));
        said.push(publish(&hub, "global", &format!("after {number}")));
    }
    tab.until_is("said('a')", said.clone()).await;

    let address = server.kill().await;
    tab.until_is("state('a')", 0).await;
    publish(&hub, "team/3", "away");
    said.push(publish(&hub, "global", "away"));
    let _server = Server::start_at(address, Scheme::Http, app_with_rights(&hub, &rights)).await;
    tab.until_is("times('a', 'open')", 2).await;
    publish(&hub, "team/3", "back");
    said.push(publish(&hub, "global", "back"));
    tab.until_is("said('a')", said).await;
}

pub(super) async fn gets_a_feed_that_is_added(browser: &Browser) {
    let hub = Hub::new(HubOptions::new());
    let rights = rights(&["global"]);
    let server = Server::start(Scheme::Http, app_with_rights(&hub, &rights)).await;
    let tab = browser.open(&server.url(PAGE)).await;
    let mut said = vec![entry("checkpoint", "", &hub.last_id())];
    tab.until_is("said('a')", said.clone()).await;
    publish(&hub, "team/3", "without a right");
    said.push(publish(&hub, "global", "sent"));
    let last_id = hub.last_id();
    tab.until_is("said('a')", said.clone()).await;

    rights.lock().unwrap().push(ChannelStart::from("team/3"));
    let added_at = hub.subscribers("ada").add("team/3").unwrap();
    let since = ChannelStart::since("team/3", added_at.clone());
    rights.lock().unwrap()[1] = since.added_at(added_at.clone());
    said.extend([
        entry("channel-added", "team/3", &last_id),
        entry("checkpoint", "", &added_at),
    ]);
    said.push(publish(&hub, "team/3", "with a right"));
    said.push(publish(&hub, "global", "with a right"));
    tab.until_is("said('a')", said.clone()).await;

    let address = server.kill().await;
    tab.until_is("state('a')", 0).await;
    said.push(publish(&hub, "team/3", "away"));
    said.push(publish(&hub, "global", "away"));
    let _server = Server::start_at(address, Scheme::Http, app_with_rights(&hub, &rights)).await;
    tab.until_is("times('a', 'open')", 2).await;
    said.push(publish(&hub, "team/3", "back"));
    tab.until_is("said('a')", said).await;
}
