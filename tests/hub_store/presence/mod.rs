//! The names of a channel's subscribers on all nodes.

mod closing;
mod dying;
mod full;
mod messages;
mod missing;
mod outages;
mod property;
mod sharing;

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tower_sse::{
    Hub, HubOptions, Stored, Subscription,
    store::{HubStore, Record},
};

use crate::{
    stores::PlainStore,
    support::{open_with, options, read},
};

const ROOM: &str = "room/7";
const FEED: &str = "presence:room/7";

const GRACE: Duration = Duration::from_secs(4);

fn presence_options() -> HubOptions {
    options(8).each(|name, options| match name.starts_with("room/") {
        true => options.presence(GRACE),
        false => options,
    })
}

async fn node(store: &(impl HubStore + Clone)) -> Hub<Stored> {
    open_with(store, presence_options()).await
}

async fn enter(hub: &Hub<Stored>, name: &str) -> Subscription {
    hub.subscriber(name).subscribe([ROOM]).await.unwrap()
}

async fn watch(hub: &Hub<Stored>) -> Subscription {
    let mut watching = hub.subscribe([FEED]).await.unwrap();
    assert_eq!(read(&mut watching, 1).await, [format!("snapshot {FEED}")]);
    watching
}

/// Returns the names that are present, as this node knows them.
fn names(hub: &Hub<Stored>) -> String {
    hub.presence(ROOM).unwrap().names().join(" ")
}

/// Returns what a feed has that is ready.
fn ready(watching: &mut Subscription) -> Vec<String> {
    let next = || watching.next().now_or_never().flatten();
    let events = std::iter::from_fn(next);
    events.map(|event| crate::support::short(&event)).collect()
}

async fn sleep(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

/// Returns the messages of nodes about their names, without the nodes.
fn messages(store: &PlainStore) -> Vec<String> {
    let tail = store.tail(None).boxed();
    let records = tail.map(Result::unwrap).map(|tailed| tailed.record);
    let mut records = records;
    let mut messages = Vec::new();
    while let Some(Some(record)) = records.next().now_or_never() {
        if let Record::Entry(stored) = record {
            if stored.entry.topics() == ["tower-sse:presence".into()] {
                messages.push(String::from_utf8(stored.entry.bytes().to_vec()).unwrap());
            }
        }
    }
    messages
}

/// Returns the kinds of messages.
fn kinds(store: &PlainStore) -> String {
    let messages = messages(store).into_iter();
    let kinds = messages.map(|message| message.split(':').nth(2).unwrap().to_owned());
    // The length of the next part follows.
    let kinds = kinds.map(|kind| kind.trim_end_matches(char::is_numeric).to_owned());
    kinds.collect::<Vec<_>>().join(" ")
}
