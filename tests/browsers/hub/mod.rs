//! One stream with three feeds of a hub.

mod cutter;
mod cutting;
mod restarting;
mod rights;

use std::sync::{Arc, Mutex};

use axum::{Router, routing::get};
use serde_json::{Value, json};
use tower_sse::{ChannelStart, Event, EventId, EventStream, Hub, LastEventId, Preamble, SseLayer};

use crate::{browser::checks, engine::Engine, times::SOON};

const FEEDS: [&str; 3] = ["user/ada", "team/3", "global"];

/// A page that listens to the stream, which it calls `a`, and to all notices.
const PAGE: &str = "/?listen=/sse&type=checkpoint&type=gap&type=lagged\
    &type=channel-added&type=channel-removed";

/// The channels that Ada may read.
type Rights = Arc<Mutex<Vec<ChannelStart>>>;

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        cutting::loses_and_doubles_nothing_when_the_server_is_killed,
        cutting::loses_and_doubles_nothing_when_connections_are_cut_anywhere,
        restarting::is_notified_of_a_gap_in_each_feed_after_a_restart,
        rights::gets_nothing_of_a_feed_after_it_was_removed,
        rights::gets_a_feed_that_is_added,
    }
}

/// Serves all feeds to Ada.
fn app(hub: &Hub) -> Router {
    app_with_rights(hub, &rights(&FEEDS))
}

/// Serves to Ada, at `/sse`, what she may read when she connects.
fn app_with_rights(hub: &Hub, rights: &Rights) -> Router {
    let (hub, rights) = (hub.clone(), Arc::clone(rights));
    let stream = get(async move |id: Option<LastEventId>| {
        let ada = hub.subscriber("ada");
        let channels = rights.lock().unwrap().clone();
        EventStream::new(ada.resume(channels, id.as_ref()).unwrap())
    });
    // Without the guard, WebKit glues half an event to the next connection's first line.
    let layer = SseLayer::new().retry(SOON).preamble(Preamble::guarded());
    Router::new().route("/sse", stream).layer(layer)
}

fn rights(feeds: &[&str]) -> Rights {
    let channels = feeds.iter().map(|&feed| ChannelStart::from(feed));
    Arc::new(Mutex::new(channels.collect()))
}

/// Publishes an event to a feed. Returns what the page writes down of it.
fn publish(hub: &Hub, feed: &str, data: &str) -> Value {
    let id = hub.publish([feed], &Event::new(data.to_owned())).unwrap();
    entry("message", data, &id)
}

/// Returns what the page writes down of an event.
fn entry(name: &str, data: &str, last_event_id: &EventId) -> Value {
    json!([name, data, last_event_id.as_str()])
}
