//! What a node has to tell the others.

use std::{
    collections::BTreeSet,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    attendance::Attendance,
    message::{Body, NodeId, StatePart},
    name_change::{NameChange, NameChangeKind, split},
    unsent::Unsent,
};

/// The names that this node has, and what of them the others do not know yet.
///
/// Nothing in it grows while the store is away, except by the names themselves: of too many changes, or of those
/// that may not have been stored, all names are sent instead.
#[derive(Debug)]
pub(super) struct Announcements {
    names: Attendance,
    unsent: Unsent,
    must_greet: bool,
    must_send_all: bool,
    asks: BTreeSet<NodeId>,
    /// The time between two leases.
    interval: Duration,
    /// When the next lease is due. A node without names has none, once it has said so.
    renews_at: Option<Instant>,
    /// The number of the last state.
    states: u64,
    has_spoken: bool,
}

impl Announcements {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            names: Attendance::default(),
            unsent: Unsent::default(),
            must_greet: false,
            must_send_all: false,
            asks: BTreeSet::new(),
            interval,
            renews_at: None,
            states: 0,
            has_spoken: false,
        }
    }

    /// Asks all other nodes for their names.
    pub(super) fn greet(&mut self) {
        self.must_greet = true;
    }

    /// Asks a node for its names.
    pub(super) fn ask(&mut self, node: NodeId) {
        self.asks.insert(node);
    }

    /// Answers a node that has just started.
    pub(super) fn answer_greeting(&mut self) {
        self.must_send_all |= !self.names.is_empty();
    }

    /// Sends all names.
    pub(super) fn send_all(&mut self) {
        self.must_send_all = true;
    }

    /// Notes whether this node has a name.
    pub(super) fn set(&mut self, channel: &Arc<str>, name: &Arc<str>, is_here: bool) {
        let is_news = match is_here {
            true => self.names.insert(channel, name),
            false => self.names.remove(channel, name),
        };
        if is_news {
            self.unsent.set(channel, name, is_here);
            self.bound_unsent();
        }
    }

    /// Notes that a channel was closed. Its clients may reconnect elsewhere. Returns `true` if it had names.
    pub(super) fn close(&mut self, channel: &Arc<str>) -> bool {
        let had_names = !self.names.remove_channel(channel).is_empty();
        if had_names {
            self.unsent.close(channel);
            self.bound_unsent();
        }
        had_names
    }

    fn bound_unsent(&mut self) {
        if self.must_send_all || self.unsent.is_full() {
            self.unsent = Unsent::default();
            self.must_send_all = true;
        }
    }

    /// Returns the time at which there is something to send. `None` if nothing is known to come.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let is_due = self.must_greet
            || self.must_send_all
            || !self.asks.is_empty()
            || !self.unsent.is_empty();
        match is_due {
            true => Some(now),
            false => self.renews_at,
        }
    }

    /// Takes all that is to be sent now.
    pub(super) fn take(&mut self, now: Instant, max_bytes: usize) -> Vec<Body> {
        let mut bodies = Vec::new();
        if mem::take(&mut self.must_greet) {
            bodies.push(Body::Hello);
        }
        bodies.extend(mem::take(&mut self.asks).into_iter().map(Body::Ask));
        let is_renewal = self.renews_at.is_some_and(|at| at <= now);
        let sends_all = mem::take(&mut self.must_send_all);
        let changes = mem::take(&mut self.unsent);
        if sends_all {
            self.push_state(&mut bodies, max_bytes);
        } else if !changes.is_empty() {
            let parts = split(changes.into_changes(), max_bytes);
            bodies.extend(parts.into_iter().map(Body::Changes));
        }
        if sends_all || is_renewal {
            // After all changes that it counts.
            bodies.push(Body::Lease(self.names.digest()));
            self.renews_at = None;
        }
        if !self.names.is_empty() && self.renews_at.is_none() {
            self.renews_at = now.checked_add(self.interval);
        }
        self.has_spoken |= bodies.iter().any(|body| body.has_names());
        bodies
    }

    fn push_state(&mut self, bodies: &mut Vec<Body>, max_bytes: usize) {
        self.states += 1;
        let names = self.names.iter().flat_map(|(channel, names)| {
            names.iter().map(|name| NameChange {
                channel: Arc::clone(channel),
                kind: NameChangeKind::Joined(Arc::clone(name)),
            })
        });
        let parts = split(names, max_bytes);
        let last = parts.len() - 1;
        let parts = parts.into_iter().enumerate();
        bodies.extend(parts.map(|(index, names)| {
            Body::State(StatePart {
                number: self.states,
                index: index as u64,
                is_last: index == last,
                names,
            })
        }));
    }

    /// Takes back what may not have been stored.
    pub(super) fn take_back<'a>(
        &mut self,
        bodies: impl IntoIterator<Item = &'a Body>,
        now: Instant,
    ) {
        for body in bodies {
            match body {
                Body::Hello => self.must_greet = true,
                Body::Ask(node) => self.ask(*node),
                Body::Changes(_) | Body::State(_) => self.must_send_all = true,
                Body::Lease(_) => self.renews_at = Some(now),
                Body::Bye => {}
            }
        }
        if self.must_send_all {
            self.unsent = Unsent::default();
        }
    }

    /// Returns `true` if other nodes may know names of this one.
    pub(super) fn has_spoken(&self) -> bool {
        self.has_spoken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(5);

    struct Fixture {
        announcements: Announcements,
        now: Instant,
        room: Arc<str>,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                announcements: Announcements::new(INTERVAL),
                now: Instant::now(),
                room: "room".into(),
            }
        }

        fn set(&mut self, name: &str, is_here: bool) {
            self.announcements.set(&self.room, &name.into(), is_here);
        }

        /// Returns what is sent, in short.
        fn take(&mut self) -> String {
            let bodies = self.announcements.take(self.now, 1024);
            let bodies = bodies.iter().map(|body| match body {
                Body::Hello => "hello".into(),
                Body::Ask(node) => format!("ask {}", node.0),
                Body::Lease(digest) => format!("lease {}", digest.len),
                Body::Changes(changes) => changes.iter().map(short).collect(),
                Body::State(part) => format!("state {}", part.names.len()),
                Body::Bye => "bye".into(),
            });
            bodies.collect::<Vec<_>>().join(", ")
        }
    }

    fn short(change: &NameChange) -> String {
        match &change.kind {
            NameChangeKind::Joined(name) => format!("+{name}"),
            NameChangeKind::Left(name) => format!("-{name}"),
            NameChangeKind::Closed => "!".into(),
        }
    }

    #[test]
    fn sends_the_newest_change_of_each_name() {
        let mut fixture = Fixture::new();
        assert_eq!(fixture.announcements.due(fixture.now), None);
        for (name, is_here) in [("ada", true), ("bob", true), ("ada", false), ("ada", false)] {
            fixture.set(name, is_here);
        }
        assert_eq!(fixture.announcements.due(fixture.now), Some(fixture.now));
        assert_eq!(fixture.take(), "-ada+bob");
        assert_eq!(
            fixture.announcements.due(fixture.now),
            Some(fixture.now + INTERVAL)
        );
        fixture.set("bob", true);
        assert_eq!(fixture.take(), "");
    }

    #[test]
    fn a_channel_that_was_closed_can_have_names_again() {
        let mut fixture = Fixture::new();
        let room = Arc::clone(&fixture.room);
        assert!(!fixture.announcements.close(&room));
        fixture.set("ada", true);
        fixture.set("bob", true);
        assert!(fixture.announcements.close(&room));
        fixture.set("bob", true);
        assert_eq!(fixture.take(), "!+bob");
    }

    #[test]
    fn a_lease_comes_after_the_changes_that_it_counts() {
        let mut fixture = Fixture::new();
        fixture.set("ada", true);
        assert_eq!(fixture.take(), "+ada");
        fixture.now += INTERVAL;
        fixture.set("bob", true);
        assert_eq!(fixture.take(), "+bob, lease 2");
        fixture.set("ada", false);
        fixture.set("bob", false);
        assert_eq!(fixture.take(), "-ada-bob");
        fixture.now += INTERVAL;
        assert_eq!(fixture.take(), "lease 0");
        assert_eq!(fixture.announcements.due(fixture.now), None);
    }

    #[test]
    fn sends_all_names_in_place_of_too_many_changes() {
        let mut fixture = Fixture::new();
        fixture.set("ada", true);
        for number in 0..10_001 {
            let name = format!("user {number}");
            fixture.set(&name, true);
            fixture.set(&name, false);
        }
        assert!(fixture.announcements.unsent.is_empty());
        assert_eq!(fixture.take(), "state 1, lease 1");
    }

    #[test]
    fn sends_all_names_after_changes_that_may_not_be_stored() {
        let mut fixture = Fixture::new();
        fixture.announcements.greet();
        fixture.announcements.ask(NodeId(7));
        fixture.set("ada", true);
        fixture.set("bob", true);
        let bodies = fixture.announcements.take(fixture.now, 1024);
        fixture.set("bob", false);
        fixture.announcements.take_back(&bodies[1..], fixture.now);
        assert_eq!(fixture.take(), "ask 7, state 1, lease 1");
        fixture.announcements.take_back(&[Body::Hello], fixture.now);
        assert_eq!(fixture.take(), "hello");
    }

    #[test]
    fn a_greeting_is_answered_by_a_node_with_names() {
        let mut fixture = Fixture::new();
        fixture.announcements.answer_greeting();
        assert_eq!(fixture.take(), "");
        fixture.announcements.send_all();
        assert_eq!(fixture.take(), "state 0, lease 0");
        fixture.set("ada", true);
        fixture.announcements.answer_greeting();
        assert_eq!(fixture.take(), "state 1, lease 1");
    }
}
