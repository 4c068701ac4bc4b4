//! A channel that is added to an open subscription.

use std::sync::Arc;

use super::{
    member::Member,
    rounds::{RoundStart, Rounds},
};
use crate::channel::{
    Gap,
    gap::GapAction,
    hub::shared::HubShared,
    shared::ChannelShared,
    start::{Start, StartKind},
};

/// A channel that is added to an open subscription.
///
/// It begins when the channel is added, not at the next poll of the subscription: what is evicted in
/// between is a lag, not a gap.
pub(in crate::channel) struct Addition {
    pub(super) added: Added,
    /// The number of the change.
    pub(super) at: u64,
}

pub(super) enum Added {
    /// Has a gap if the channel has lost events that the client was to get.
    Window(Member, Option<Gap>),
    Keyed(Rounds),
}

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

    /// Returns the channel, and the key of the subscription among its subscribers.
    pub(in crate::channel) fn channel(&self) -> (&Arc<ChannelShared>, u64) {
        match &self.added {
            Added::Window(member, _) => (&member.channel, member.key),
            Added::Keyed(rounds) => (&rounds.channel, rounds.key),
        }
    }
}

fn window(
    hub: &HubShared,
    channel: &Arc<ChannelShared>,
    key: u64,
    start: &Start,
    at: u64,
) -> Added {
    let lost = channel.lost().number;
    let since = match &start.kind {
        StartKind::Replay => lost,
        StartKind::Resume | StartKind::Live => at,
        StartKind::Since(_) if !channel.options.has_ids => at,
        StartKind::Since(position) => hub.number(position).unwrap_or_default(),
    };
    let (seen, gap) = match &channel.options.gap_policy.0 {
        _ if lost <= since => (since, None),
        GapAction::Live => (at, None),
        GapAction::Notify | GapAction::Backfill(_) => {
            let gap = channel.gap(hub.epoch.id(since), true, hub.position());
            (lost, Some(gap))
        }
    };
    Added::Window(Member::new(Arc::clone(channel), key, seen), gap)
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
        StartKind::Since(position) => {
            RoundStart::Snapshot(hub.number(position).unwrap_or_default())
        }
    });
    Rounds::new(Arc::clone(channel), key, &start)
}
