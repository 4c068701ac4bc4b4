//! The other nodes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    message::{Body, NodeId, PresenceMessage},
    peer::{MovesByChannel, Peer},
};

/// The other nodes that have names, and whether they are alive.
///
/// A node is dead if nothing was heard of it for the time of a lease. That counts only while this node hears
/// anything at all: if the tail of the store has been silent for too long, all leases begin anew with the next
/// sign of life. So an outage of the store makes nobody leave.
#[derive(Debug)]
pub(super) struct Peers {
    lease: Duration,
    nodes: BTreeMap<NodeId, Peer>,
    /// The last time at which the tail was known to be complete.
    followed_at: Option<Instant>,
    /// The number of changes.
    version: u64,
}

/// What a message asks of this node.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// To send all of its names, if it has any.
    Greet,
    /// To send all of its names.
    SendAll,
    /// To ask the other node for its names.
    Ask(NodeId),
}

impl Peers {
    pub(super) fn new(lease: Duration) -> Self {
        Self {
            lease,
            nodes: BTreeMap::new(),
            followed_at: None,
            version: 0,
        }
    }

    /// Takes a message to the node with this id.
    pub(super) fn receive(
        &mut self,
        me: NodeId,
        message: PresenceMessage,
        now: Instant,
        moves: &mut MovesByChannel,
    ) -> Option<Reply> {
        let PresenceMessage { from, body } = message;
        if from == me {
            return None;
        }
        self.version += 1;
        if let Some(peer) = self.nodes.get_mut(&from) {
            peer.heard_at = now;
        }
        match body {
            Body::Hello => return Some(Reply::Greet),
            Body::Ask(node) => return (node == me).then_some(Reply::SendAll),
            Body::Changes(changes) => self.peer(from, now).change(changes, moves),
            Body::State(part) => self.peer(from, now).gather(part, moves),
            Body::Lease(digest) if digest.len == 0 && !self.nodes.contains_key(&from) => {}
            Body::Lease(digest) => {
                let is_complete = self.peer(from, now).is_complete(digest);
                return (!is_complete).then_some(Reply::Ask(from));
            }
            Body::Bye => {
                if let Some(peer) = self.nodes.remove(&from) {
                    peer.leave(moves);
                }
            }
        }
        None
    }

    fn peer(&mut self, node: NodeId, now: Instant) -> &mut Peer {
        self.nodes.entry(node).or_insert_with(|| Peer::new(now))
    }

    /// Notes that the tail is complete. Returns `true` if all leases begin anew.
    pub(super) fn note_followed(&mut self, now: Instant) -> bool {
        let is_new = !self.is_followed(now);
        if is_new {
            self.nodes.values_mut().for_each(|peer| peer.heard_at = now);
        }
        self.followed_at = Some(now);
        is_new
    }

    /// Notes that the tail may be incomplete.
    pub(super) fn note_failed(&mut self) {
        self.followed_at = None;
    }

    /// Returns `true` if the tail is taken for complete. A node that has renewed its lease just before the tail fell
    /// silent must not be dead by then, so the time is shorter than that between the last renewal and the end.
    fn is_followed(&self, now: Instant) -> bool {
        let patience = self.lease / 5 * 2;
        let at = self.followed_at;
        at.is_some_and(|at| now.saturating_duration_since(at) <= patience)
    }

    /// Removes the nodes that are dead.
    pub(super) fn expire(&mut self, now: Instant, moves: &mut MovesByChannel) {
        if !self.is_followed(now) {
            return;
        }
        let lease = self.lease;
        let is_dead = |peer: &Peer| now.saturating_duration_since(peer.heard_at) >= lease;
        let dead = self.nodes.iter().filter(|(_, peer)| is_dead(peer));
        let dead: Vec<_> = dead.map(|(node, _)| *node).collect();
        for node in dead {
            self.version += 1;
            if let Some(peer) = self.nodes.remove(&node) {
                peer.leave(moves);
            }
        }
    }

    /// Returns the time at which the next node is dead if nothing is heard of it.
    pub(super) fn next_death(&self, now: Instant) -> Option<Instant> {
        let heard = self.nodes.values().map(|peer| peer.heard_at).min()?;
        let at = heard.checked_add(self.lease)?;
        self.is_followed(now).then_some(at)
    }

    /// Returns a number that is another one after each change.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Returns `true` if another node has a name.
    pub(super) fn has(&self, channel: &str, name: &str) -> bool {
        let mut nodes = self.nodes.values();
        nodes.any(|peer| peer.names().has(channel, name))
    }

    /// Returns the names of the other nodes in a channel.
    pub(super) fn names(&self, channel: &str) -> BTreeSet<Arc<str>> {
        let nodes = self.nodes.values();
        let names = nodes.flat_map(|peer| peer.names().names(channel));
        names.cloned().collect()
    }
}
