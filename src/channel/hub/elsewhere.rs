//! The names that are present on other nodes.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use super::{node::Node, shared::HubShared};
use crate::channel::{
    presence::{Feed, MovesByChannel, NodePresence, PresenceMessage},
    shared::ChannelShared,
};

impl HubShared {
    /// Returns the presence of a node, if the program uses any.
    fn active_presence(&self) -> Option<(&Node, &NodePresence)> {
        let node = self.node.as_ref()?;
        let presence = &*node.presence;
        presence.is_active().then_some((node, presence))
    }

    /// Applies a message of another node.
    pub(super) fn apply_presence(&self, bytes: &[u8]) {
        // What was sent before the node has caught up may be of nodes that are long dead.
        let active = self.active_presence();
        let Some((_, presence)) = active.filter(|(node, _)| node.is_caught_up()) else {
            return;
        };
        if let Some(message) = PresenceMessage::decode(bytes) {
            let now = self.timer.now();
            self.show(presence.receive(message, now), now);
        }
    }

    /// Makes feeds show what other nodes have now.
    fn show(&self, moves: MovesByChannel, now: Instant) {
        for (channel, moves) in moves {
            // If there is no such channel, it gets the names when it is made.
            let channel = self.find(&channel);
            if let Some(feed) = channel.as_deref().and_then(Feed::tracking) {
                feed.update(moves.into_names(), now);
            }
        }
    }

    /// Gives a channel that is made the names of the other nodes. Returns their version.
    pub(super) fn begin_feed(&self, made: &ChannelShared) -> u64 {
        let (Some(feed), Some(node)) = (Feed::tracking(made), &self.node) else {
            return 0;
        };
        node.presence.activate();
        let version = node.presence.version();
        feed.update_all(self.timer.now());
        version
    }

    /// Gives a channel that is registered now the names that have changed since a version.
    pub(super) fn complete_feed(&self, channel: &ChannelShared, version: u64) {
        let (Some(feed), Some(node)) = (Feed::tracking(channel), &self.node) else {
            return;
        };
        if node.presence.version() != version {
            feed.update_all(self.timer.now());
        }
    }

    /// Returns the names of the other nodes in a channel. A hub that was closed does not follow them any more.
    pub(super) fn elsewhere(&self, channel: &str) -> BTreeSet<Arc<str>> {
        let node = self.node.as_ref().filter(|_| !self.is_closed());
        node.map(|node| node.presence.elsewhere(channel))
            .unwrap_or_default()
    }

    /// Removes the names that have left, and those of dead nodes. Returns the time at which the next ones do.
    pub(super) fn tidy_presence(&self) -> Option<Instant> {
        let presence = &self.node.as_ref()?.presence;
        let now = self.timer.now();
        self.show(presence.expire_peers(now), now);
        while let Some(channel) = presence.pop_departure(now) {
            let channel = self.find(&channel);
            if let Some(feed) = channel.as_deref().and_then(Feed::tracking) {
                feed.expire(now);
            }
        }
        presence.next_departure(now)
    }

    /// Notes that the hub has everything that the store has.
    pub(super) fn note_followed(&self) {
        // While a node catches up it ignores messages, and so the leases of the others.
        let active = self.active_presence();
        if let Some((_, presence)) = active.filter(|(node, _)| node.is_caught_up()) {
            presence.note_followed(self.timer.now());
        }
    }

    /// Notes that the hub may not have everything that the store has.
    pub(super) fn note_failed(&self) {
        if let Some(node) = &self.node {
            node.presence.note_failed();
        }
    }
}
