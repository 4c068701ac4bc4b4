//! Hubs over one store, and what their subscribers get.

use std::{num::NonZeroUsize, pin::pin, time::Duration};

use futures_util::{StreamExt, future};
use hyper_util::rt::TokioTimer;
use tower_sse::{
    Channel, ChannelEvent, ChannelOptions, Event, EventId, Hub, HubOptions, LastEventId,
    NoticePolicy, Stored, Subscription,
    store::{HubStore, MemoryStore, MemoryStoreOptions},
};

use crate::stores::{FaultRates, FaultyStore, PlainStore};

/// Options of a hub that retains so many events of each channel in memory. Notices come as events, and what a
/// page says is on one line.
pub(crate) fn options(events: usize) -> HubOptions {
    let channels = ChannelOptions::new()
        .max_events(NonZeroUsize::new(events).unwrap())
        .notice_policy(NoticePolicy::event());
    HubOptions::new().channel_options(channels)
}

pub(crate) fn store() -> MemoryStore {
    MemoryStore::new(MemoryStoreOptions::new())
}

pub(crate) async fn open(store: &(impl HubStore + Clone), events: usize) -> Hub<Stored> {
    open_with(store, options(events)).await
}

pub(crate) async fn open_with(store: &(impl HubStore + Clone), options: HubOptions) -> Hub<Stored> {
    Hub::open(store.clone(), options).await.unwrap()
}

/// Returns a store that tests can damage.
pub(crate) fn plain() -> PlainStore {
    PlainStore::new("ab12".parse().unwrap())
}

/// Returns the way of one hub to a store, which tests can break.
pub(crate) fn way_to(store: &PlainStore) -> FaultyStore<PlainStore> {
    FaultyStore::new(store.clone(), TokioTimer::new(), 1)
}

/// Makes a store fail, and its tails break.
pub(crate) async fn cut(way: &FaultyStore<PlainStore>) {
    way.set_rates(FaultRates {
        unavailable: 1000,
        ..FaultRates::default()
    });
    way.break_tails();
    pause().await;
}

/// Ends all faults.
pub(crate) fn heal(way: &FaultyStore<PlainStore>) {
    way.set_rates(FaultRates::default());
}

/// Lets all tasks run.
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Waits for longer than a hub needs to notice what has happened to its store.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_secs(20)).await;
}

/// Publishes a text.
pub(crate) async fn publish(hub: &Hub<Stored>, channel: &str, text: &str) -> EventId {
    let channel: Channel<Event, Stored> = hub.channel(channel).unwrap();
    channel.publish(Event::new(text.to_owned())).await.unwrap()
}

pub(crate) fn id(id: &EventId) -> Option<LastEventId> {
    LastEventId::new(id.clone())
}

/// Returns an event in short: its name if it has one, and its data.
pub(crate) fn short(event: &ChannelEvent) -> String {
    let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
    let field = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name))
    };
    match (field("event: "), field("data: ")) {
        (Some(name), data) => format!("{name} {}", data.unwrap_or_default()),
        (None, data) => data.unwrap_or_default().to_owned(),
    }
}

/// Reads so many events.
pub(crate) async fn read(subscription: &mut Subscription, count: usize) -> Vec<String> {
    let mut read = Vec::new();
    while read.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), subscription.next()).await;
        match next {
            Ok(Some(event)) => read.push(short(&event)),
            Ok(None) => panic!(
                "it has ended after {read:?}: {:?}",
                subscription.close_reason()
            ),
            Err(_) => panic!("nothing comes after {read:?}"),
        }
    }
    read
}

/// Reads what comes until nothing does any more. The clock is paused, so time passes only then.
pub(crate) async fn rest(subscription: &mut Subscription) -> Vec<String> {
    let mut read = Vec::new();
    let mut end = pin!(tokio::time::sleep(Duration::from_secs(60)));
    loop {
        match future::select(subscription.next(), end.as_mut()).await {
            future::Either::Left((Some(event), _)) => read.push(short(&event)),
            _ => return read,
        }
    }
}
