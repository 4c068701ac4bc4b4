//! The names of a channel's subscribers, as a list and as a feed.

mod errors;
mod feed;
mod grace;
mod lifetime;
mod list;
mod model;
mod threads;
mod waking;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures::StreamExt;
use tower_sse::{
    Channel, ChannelError, ChannelOptions, ChannelStart, Event, EventStream, Hub, HubOptions,
    KeyPolicy, NoticePolicy, PublishError, Subscription,
};

use crate::{
    clock::Clock,
    decode::Seen,
    reentrance::in_time,
    served::{Served, silent},
    support::*,
    task::Task,
};

const ROOM: &str = "room/7";
const FEED: &str = "presence:room/7";

/// The grace time in milliseconds.
const GRACE: u64 = 5_000;

fn hub_options(clock: &Clock) -> HubOptions {
    let options = ChannelOptions::with_timer(clock.clone()).notice_policy(NoticePolicy::event());
    let grace = Duration::from_millis(GRACE);
    let options = HubOptions::with_timer(clock.clone()).channel_options(options);
    options.each(move |name, options| match name.starts_with("room/") {
        true => options.presence(grace),
        false => options,
    })
}

/// A hub with presence in its rooms, and a clock that stands still.
fn hub() -> (Hub, Clock) {
    let clock = Clock::new();
    (Hub::new(hub_options(&clock)), clock)
}

fn enter(hub: &Hub, name: &str, channels: &[&str]) -> Subscription {
    let channels = channels.iter().copied();
    hub.subscriber(name).subscribe(channels).unwrap()
}

fn watch(hub: &Hub) -> Subscription {
    hub.subscribe([FEED]).unwrap()
}

fn names(hub: &Hub) -> Vec<String> {
    let names = hub.presence(ROOM).unwrap().names().into_iter();
    names.map(|name| name.to_string()).collect()
}

fn snapshot() -> Seen {
    named("snapshot", FEED, "")
}

fn joined(name: &str) -> Seen {
    named("joined", [name, ROOM].join("\n"), "")
}

fn left(name: &str) -> Seen {
    named("left", [name, ROOM].join("\n"), "")
}
