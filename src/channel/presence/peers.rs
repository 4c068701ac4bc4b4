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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::presence::name_change::{NameChange, NameChangeKind};

    const SECOND: Duration = Duration::from_secs(1);
    const ME: NodeId = NodeId(1);

    struct Fixture {
        peers: Peers,
        now: Instant,
    }

    impl Fixture {
        fn new() -> Self {
            let (mut peers, now) = (Peers::new(15 * SECOND), Instant::now());
            peers.note_followed(now);
            Self { peers, now }
        }

        fn receive(&mut self, from: NodeId, body: Body) -> Option<Reply> {
            let message = PresenceMessage { from, body };
            let mut moves = MovesByChannel::new();
            self.peers.receive(ME, message, self.now, &mut moves)
        }

        fn join(&mut self, from: NodeId, name: &str) {
            let (channel, name) = ("room".into(), name.into());
            let kind = NameChangeKind::Joined(name);
            self.receive(from, Body::Changes(vec![NameChange { channel, kind }]));
        }

        /// Lets time pass with a sign of life of the tail at its end, and then removes the dead.
        fn pass(&mut self, time: Duration) -> String {
            self.now += time;
            self.peers.note_followed(self.now);
            self.expire()
        }

        fn expire(&mut self) -> String {
            self.peers.expire(self.now, &mut MovesByChannel::new());
            let names: Vec<_> = self.peers.names("room").into_iter().collect();
            names.join(" ")
        }
    }

    #[test]
    fn a_node_dies_when_it_is_not_heard_of_while_others_are() {
        let mut fixture = Fixture::new();
        fixture.join(NodeId(2), "ada");
        fixture.join(NodeId(3), "bob");
        let death = fixture.now + 15 * SECOND;
        assert_eq!(fixture.peers.next_death(fixture.now), Some(death));
        assert_eq!(fixture.pass(6 * SECOND), "ada bob");
        fixture.receive(NodeId(3), Body::Hello);
        assert_eq!(fixture.pass(6 * SECOND), "ada bob");
        assert_eq!(fixture.pass(3 * SECOND), "bob");
    }

    #[test]
    fn leases_begin_anew_after_a_silence() {
        let mut fixture = Fixture::new();
        fixture.join(NodeId(2), "ada");
        fixture.now += 15 * SECOND;
        assert_eq!(fixture.expire(), "ada");
        assert_eq!(fixture.peers.next_death(fixture.now), None);
        assert_eq!(fixture.pass(SECOND), "ada");
        assert_eq!(fixture.pass(6 * SECOND), "ada");
        assert_eq!(fixture.pass(6 * SECOND), "ada");
        assert_eq!(fixture.pass(3 * SECOND), "");
    }

    #[test]
    fn leases_begin_anew_after_a_failure() {
        let mut fixture = Fixture::new();
        fixture.join(NodeId(2), "ada");
        assert_eq!(fixture.pass(6 * SECOND), "ada");
        fixture.peers.note_failed();
        assert_eq!(fixture.pass(6 * SECOND), "ada");
        assert_eq!(fixture.pass(6 * SECOND), "ada");
        assert_eq!(fixture.pass(6 * SECOND), "ada");
        assert_eq!(fixture.pass(3 * SECOND), "");
    }

    #[test]
    fn a_message_of_its_own_and_one_to_others_are_no_news() {
        let mut fixture = Fixture::new();
        fixture.join(ME, "ada");
        assert_eq!(fixture.expire(), "");
        assert_eq!(fixture.receive(ME, Body::Hello), None);
        assert_eq!(fixture.receive(NodeId(2), Body::Ask(NodeId(3))), None);
        assert_eq!(
            fixture.receive(NodeId(2), Body::Ask(ME)),
            Some(Reply::SendAll)
        );
        assert_eq!(fixture.receive(NodeId(2), Body::Hello), Some(Reply::Greet));
        assert!(
            fixture.peers.nodes.is_empty(),
            "a node without names is no peer"
        );
    }
}
