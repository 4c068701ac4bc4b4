//! The beginning of a channel that is added to an open subscription.
//!
//! Apart from [`Addition`], which the hub's list of subscriptions has, so that no files import each other in
//! a circle.

use std::sync::Arc;

use super::{
    addition::{Added, Addition},
    member::Member,
    round_start::RoundStart,
    rounds::Rounds,
};
use crate::{
    EventId,
    channel::{
        gap::GapAction,
        hub::shared::HubShared,
        shared::ChannelShared,
        start::{Start, StartKind},
    },
};

impl Addition {
    /// Adds a channel, among whose subscribers the subscription has a key. To be called while nothing can
    /// be published.
    pub(in crate::channel) fn new(
        hub: &HubShared,
        channel: &Arc<ChannelShared>,
        key: u64,
        start: &Start,
        at: u64,
    ) -> Self {
        let added = match channel.options.keyed.is_some() {
            true => Added::Keyed(keyed(hub, channel, key, start, at)),
            false => window(hub, channel, key, start, at),
        };
        Self { added, at }
    }
}

fn window(
    hub: &HubShared,
    channel: &Arc<ChannelShared>,
    key: u64,
    start: &Start,
    at: u64,
) -> Added {
    let lost = match hub.is_kept(channel) {
        true => 0,
        false => channel.lost().number,
    };
    let since = match &start.kind {
        StartKind::Replay => lost,
        StartKind::Resume | StartKind::Live => at,
        StartKind::Since(_) if !channel.options.has_ids => at,
        StartKind::Since(position) => match hub.right_since(position) {
            Some(since) => since,
            None => return window_after_unknown(hub, channel, key, position, at),
        },
    };
    let (seen, gap) = match channel.options.gap_policy.0 {
        _ if lost <= since => (since, None),
        GapAction::Live => (at, None),
        GapAction::Notify => {
            let gap = channel.gap(hub.epoch().id(since), true, hub.position());
            (lost, Some(gap))
        }
    };
    let member = Member::new(Arc::clone(channel), key, seen);
    let member = match &start.kind {
        StartKind::Replay if hub.is_kept(channel) => member.replaying(at, hub.losses()),
        StartKind::Replay => member.with_history(at),
        StartKind::Resume | StartKind::Live | StartKind::Since(_) => member,
    };
    Added::Window(member, gap)
}

/// Begins with the next event, because older ones may have been published before the position.
fn window_after_unknown(
    hub: &HubShared,
    channel: &Arc<ChannelShared>,
    key: u64,
    position: &EventId,
    at: u64,
) -> Added {
    let gap = match channel.options.gap_policy.0 {
        GapAction::Notify if channel.options.has_ids => {
            Some(channel.gap_through(at, position.clone(), hub.position()))
        }
        GapAction::Notify | GapAction::Live => None,
    };
    Added::Window(Member::new(Arc::clone(channel), key, at), gap)
}

fn keyed(
    hub: &HubShared,
    channel: &Arc<ChannelShared>,
    key: u64,
    start: &Start,
    at: u64,
) -> Rounds {
    let in_feed = RoundStart::in_feed(channel, start);
    let start = in_feed.unwrap_or_else(|| match &start.kind {
        StartKind::Resume | StartKind::Replay => RoundStart::Snapshot(0),
        StartKind::Live => RoundStart::Changes {
            after: at,
            floor: at,
        },
        StartKind::Since(position) => RoundStart::Snapshot(hub.right_since(position).unwrap_or(at)),
    });
    Rounds::new(Arc::clone(channel), key, &start)
}
