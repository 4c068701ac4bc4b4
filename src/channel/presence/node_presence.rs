//! The part of a node in the presence of all nodes.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    announcements::Announcements,
    message::{Body, NodeId, PresenceMessage},
    peer::MovesByChannel,
    peers::{Peers, Reply},
    roster::MAX_LISTED,
    signal::Signal,
};
use crate::{
    store::Entry,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        lock,
    },
};

/// The maximum number of bytes of names in a message.
const MAX_BYTES: usize = 16 << 10;

/// The names that this node has to tell the others, and what they have told.
///
/// The locks are for moments. A roster may be locked while the peers are, and the rest while a roster is.
#[derive(Debug)]
pub(in crate::channel) struct NodePresence {
    id: NodeId,
    /// Whether the program uses any presence. Until then the node neither sends nor takes messages.
    is_active: AtomicBool,
    /// Whether the node has caught up. What is sent before could be answered before, which the node would take for
    /// old.
    is_started: AtomicBool,
    max_bytes: usize,
    announcements: Mutex<Announcements>,
    peers: Mutex<Peers>,
    /// The channels in which a name leaves, by the time.
    departures: Mutex<BTreeSet<(Instant, Arc<str>)>>,
    to_send: Signal,
    to_tidy: Signal,
}

impl NodePresence {
    /// Makes the presence of a node, of which at most so many bytes wait for the store.
    pub(in crate::channel) fn new(lease: Duration, max_waiting_bytes: usize) -> Self {
        // Each message shares the room with what the program publishes.
        let max_bytes = MAX_BYTES.min(max_waiting_bytes / 4);
        Self {
            id: NodeId::draw(),
            is_active: AtomicBool::new(false),
            is_started: AtomicBool::new(false),
            max_bytes,
            announcements: Mutex::new(Announcements::new(lease / 3)),
            peers: Mutex::new(Peers::new(lease)),
            departures: Mutex::default(),
            to_send: Signal::default(),
            to_tidy: Signal::default(),
        }
    }

    /// Begins to send and to take messages, because the program uses a presence.
    pub(in crate::channel) fn activate(&self) {
        if !self.is_active.swap(true, Ordering::AcqRel) {
            lock(&self.announcements).greet();
            self.to_send.set();
        }
    }

    pub(in crate::channel) fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Acquire)
    }

    /// Begins to send, because the node has caught up with the store.
    pub(in crate::channel) fn start(&self) {
        self.is_started.store(true, Ordering::Release);
        self.to_send.set();
    }

    /// Notes whether this node has a name. To be called under the lock of the roster, and [`wake`](Self::wake) after
    /// it.
    pub(super) fn set(&self, channel: &Arc<str>, name: &Arc<str>, is_here: bool) {
        lock(&self.announcements).set(channel, name, is_here);
    }

    /// Notes that a channel of this node is closed.
    pub(super) fn close(&self, channel: &Arc<str>) {
        lock(&self.announcements).close(channel);
    }

    /// Notes that a name leaves a channel at a time.
    pub(super) fn note_departure(&self, at: Instant, channel: &Arc<str>) {
        lock(&self.departures).insert((at, Arc::clone(channel)));
    }

    /// Wakes the task of the node.
    pub(super) fn wake(&self) {
        self.to_send.set();
        self.to_tidy.set();
    }

    /// Takes a message. Returns the names that may have changed.
    pub(in crate::channel) fn receive(
        &self,
        message: PresenceMessage,
        now: Instant,
    ) -> MovesByChannel {
        let mut moves = MovesByChannel::new();
        let reply = lock(&self.peers).receive(self.id, message, now, &mut moves);
        if let Some(reply) = reply {
            self.answer(reply);
        }
        self.to_tidy.set();
        moves
    }

    fn answer(&self, reply: Reply) {
        {
            let mut announcements = lock(&self.announcements);
            match reply {
                Reply::Greet => announcements.answer_greeting(),
                Reply::SendAll => announcements.send_all(),
                Reply::Ask(node) => announcements.ask(node),
            }
        }
        self.to_send.set();
    }

    /// Notes that the tail of the store is complete.
    pub(in crate::channel) fn note_followed(&self, now: Instant) {
        if self.is_active() && lock(&self.peers).note_followed(now) {
            self.to_tidy.set();
        }
    }

    /// Notes that the tail of the store may be incomplete.
    pub(in crate::channel) fn note_failed(&self) {
        lock(&self.peers).note_failed();
    }

    /// Reads what the other nodes have told, which does not change meanwhile.
    pub(super) fn with_peers<R>(&self, read: impl FnOnce(&Peers) -> R) -> R {
        read(&lock(&self.peers))
    }

    /// Returns the names of the other nodes in a channel: the first ones, if a list has no room for all.
    pub(in crate::channel) fn elsewhere(&self, channel: &str) -> BTreeSet<Arc<str>> {
        let mut names = self.with_peers(|peers| peers.names(channel));
        while names.len() > MAX_LISTED {
            names.pop_last();
        }
        names
    }

    /// Returns a number that is another one after each change of the other nodes.
    pub(in crate::channel) fn version(&self) -> u64 {
        self.with_peers(Peers::version)
    }

    /// Removes the nodes that are dead. Returns the names that may have changed.
    pub(in crate::channel) fn expire_peers(&self, now: Instant) -> MovesByChannel {
        let mut moves = MovesByChannel::new();
        lock(&self.peers).expire(now, &mut moves);
        moves
    }

    /// Takes a channel in which a name leaves by now.
    pub(in crate::channel) fn pop_departure(&self, now: Instant) -> Option<Arc<str>> {
        let mut departures = lock(&self.departures);
        departures.first().filter(|(at, _)| *at <= now)?;
        departures.pop_first().map(|(_, channel)| channel)
    }

    /// Waits until a name may leave. The time is that for which no signal is needed.
    pub(in crate::channel) fn next_departure(&self, now: Instant) -> Option<Instant> {
        let departure = lock(&self.departures).first().map(|(at, _)| *at);
        let death = lock(&self.peers).next_death(now);
        [departure, death].into_iter().flatten().min()
    }

    /// Returns the time at which there is something to send, unless there is more before.
    pub(in crate::channel) fn next_sending(&self, now: Instant) -> Option<Instant> {
        let is_started = self.is_started.load(Ordering::Acquire);
        lock(&self.announcements).due(now).filter(|_| is_started)
    }

    /// Waits until [`next_departure`](Self::next_departure) may be earlier.
    pub(in crate::channel) async fn departures_changed(&self) {
        self.to_tidy.wait().await;
    }

    /// Waits until [`next_sending`](Self::next_sending) may be earlier.
    pub(in crate::channel) async fn sending_changed(&self) {
        self.to_send.wait().await;
    }

    /// Takes all messages that are to be sent now.
    pub(in crate::channel) fn take_messages(&self, now: Instant) -> Vec<PresenceMessage> {
        let bodies = lock(&self.announcements).take(now, self.max_bytes);
        let from = self.id;
        let messages = bodies.into_iter();
        messages
            .map(|body| PresenceMessage { from, body })
            .collect()
    }

    /// Takes back messages that may not have been stored.
    pub(in crate::channel) fn take_back(&self, messages: &[PresenceMessage], now: Instant) {
        let mut announcements = lock(&self.announcements);
        announcements.take_back(messages.iter().map(|message| &message.body), now);
    }

    /// Returns the last message of the node. `None` if nobody knows names of it.
    pub(in crate::channel) fn goodbye(&self) -> Option<Entry> {
        let from = self.id;
        let has_spoken = lock(&self.announcements).has_spoken();
        let bye = PresenceMessage {
            from,
            body: Body::Bye,
        };
        has_spoken.then(|| bye.entry())
    }
}
