//! The names that are present in a channel.

use std::{
    collections::BTreeSet,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use super::stays::Stays;

/// The maximum number of names in a list.
pub(super) const MAX_LISTED: usize = 10_000;

/// The names that have open subscriptions, each once.
///
/// A name whose last subscription has ended stays until the grace time has passed, so that a client that
/// reloads its page is present all the time.
///
/// There are at most as many names as there are open subscriptions, and as the list may have. So only names
/// that are listed stay for the grace time.
#[derive(Debug)]
pub(in crate::channel) struct Roster {
    /// The names of this node, by their subscriptions.
    here: Stays,
    /// The names of other nodes. Each has one holder: all of those nodes.
    elsewhere: Stays,
    grace: Duration,
    /// The number of names that are present.
    present: usize,
    max_listed: usize,
    /// The names for which the list has no room yet.
    unlisted: BTreeSet<Arc<str>>,
    /// Whether other nodes have a list of the same channel. All of them have to choose the same names when there is
    /// no room for all, so they list the first in order.
    is_shared: bool,
    /// The names of which other nodes may have to know something new.
    touched: Vec<Arc<str>>,
    is_closed: bool,
}

/// A change of the list.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::channel) enum RosterChange {
    Joined(Arc<str>),
    Left(Arc<str>),
}

/// When a name leaves that no other node has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::channel) enum Departure {
    /// Its grace time has passed.
    AtOnce,
    /// Its node has gone, so its clients may be about to reconnect to another.
    AfterGrace,
}

impl Roster {
    /// Makes a roster that lists at most so many names.
    pub(super) fn new(grace: Duration, max_listed: usize, is_shared: bool) -> Self {
        Self {
            here: Stays::new(grace),
            elsewhere: Stays::new(grace),
            grace,
            present: 0,
            max_listed,
            unlisted: BTreeSet::new(),
            is_shared,
            touched: Vec::new(),
            is_closed: false,
        }
    }

    /// Counts a subscription of this node.
    pub(super) fn enter(&mut self, name: &Arc<str>) -> Vec<RosterChange> {
        if self.is_closed {
            return Vec::new();
        }
        let was_present = self.has(name);
        self.here.hold(name);
        self.touch(name);
        match was_present {
            true => Vec::new(),
            false => self.list(name),
        }
    }

    /// Counts the end of a subscription of this node. If it was the last of its name, the name leaves after the
    /// grace time.
    pub(super) fn exit(&mut self, name: &Arc<str>, now: Instant) {
        self.here.release(name, now);
        if !self.here.is_held(name) && self.unlisted.contains(name) {
            self.here.remove(name);
            self.touch(name);
            self.leave(name);
        }
    }

    /// Notes whether any other node has a name.
    pub(super) fn set_elsewhere(
        &mut self,
        name: &Arc<str>,
        is_there: bool,
        departure: Departure,
        now: Instant,
    ) -> Vec<RosterChange> {
        if self.is_closed || self.elsewhere.is_held(name) == is_there {
            return Vec::new();
        }
        if is_there {
            let was_present = self.has(name);
            self.elsewhere.hold(name);
            return match was_present {
                true => Vec::new(),
                false => self.list(name),
            };
        }
        if departure == Departure::AtOnce || self.unlisted.contains(name) {
            self.elsewhere.remove(name);
            return self.leave(name);
        }
        self.elsewhere.release(name, now);
        Vec::new()
    }

    /// Removes the names whose grace time has passed, and lists others in their places.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<RosterChange> {
        let mut changes = Vec::new();
        while let Some(name) = self.here.pop_due(now) {
            self.touch(&name);
            changes.extend(self.leave(&name));
        }
        while let Some(name) = self.elsewhere.pop_due(now) {
            changes.extend(self.leave(&name));
        }
        changes
    }

    /// Removes all names, and counts no others. Returns what it was before.
    pub(super) fn close(&mut self) -> Self {
        let closed = Self {
            is_closed: true,
            ..Self::new(self.grace, self.max_listed, self.is_shared)
        };
        mem::replace(self, closed)
    }

    /// Returns `true` if it counts no names any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Returns the next time at which a name leaves.
    pub(super) fn next_departure(&self) -> Option<Instant> {
        let next = [&self.here, &self.elsewhere].map(Stays::next_departure);
        next.into_iter().flatten().min()
    }

    /// Returns the names in the list, in their order.
    pub(super) fn listed(&self) -> Vec<Arc<str>> {
        let others = self.elsewhere.names();
        let others = others.filter(|name| !self.here.has(name));
        let names = self.here.names().chain(others);
        let mut listed: Vec<_> = names
            .filter(|name| !self.unlisted.contains(*name))
            .cloned()
            .collect();
        listed.sort();
        listed
    }

    /// Returns the number of names in the list.
    pub(super) fn len(&self) -> usize {
        self.present - self.unlisted.len()
    }

    /// Returns `true` if this node would have no name after all that is due by now, and no other name would be
    /// about to leave.
    pub(super) fn is_empty_at(&self, now: Instant) -> bool {
        let last = [&self.here, &self.elsewhere].map(Stays::last_departure);
        let mut last = last.into_iter().flatten();
        !self.here.are_any_kept() && last.all(|at| at <= now)
    }

    /// Returns `true` if other nodes have to know that this node has a name. What the list has no room for is of no
    /// use to them.
    pub(super) fn is_announced(&self, name: &str) -> bool {
        self.here.has(name) && !self.unlisted.contains(name)
    }

    /// Takes the names for which [`is_announced`](Self::is_announced) may have changed.
    pub(super) fn take_touched(&mut self) -> Vec<Arc<str>> {
        mem::take(&mut self.touched)
    }

    /// Returns the names of other nodes.
    pub(super) fn elsewhere(&self) -> Vec<Arc<str>> {
        let names = self.elsewhere.names();
        names
            .filter(|name| self.elsewhere.is_held(name))
            .cloned()
            .collect()
    }

    fn has(&self, name: &str) -> bool {
        self.here.has(name) || self.elsewhere.has(name)
    }

    fn touch(&mut self, name: &Arc<str>) {
        if self.is_shared {
            self.touched.push(Arc::clone(name));
        }
    }

    /// Lists a name that is present now, if there is room.
    fn list(&mut self, name: &Arc<str>) -> Vec<RosterChange> {
        self.present += 1;
        let joined = RosterChange::Joined(Arc::clone(name));
        if self.len() <= self.max_listed {
            return vec![joined];
        }
        match self.last_listed().filter(|_| self.is_shared) {
            Some(last) if last > *name => {
                self.displace(&last);
                vec![RosterChange::Left(last), joined]
            }
            _ => {
                self.unlisted.insert(Arc::clone(name));
                Vec::new()
            }
        }
    }

    /// Returns the last name that is listed. Those that are not come after it.
    fn last_listed(&self) -> Option<Arc<str>> {
        let end = self.unlisted.first();
        let last = [&self.here, &self.elsewhere].map(|names| names.last_before(end));
        last.into_iter().flatten().max().cloned()
    }

    /// Takes a name out of the list.
    fn displace(&mut self, name: &Arc<str>) {
        self.unlisted.insert(Arc::clone(name));
        self.touch(name);
        for names in [&mut self.here, &mut self.elsewhere] {
            if !names.is_held(name) {
                names.remove(name);
            }
        }
        self.leave(name);
    }

    /// Takes a name out of the list if neither this node nor another has it, and lists another in its place.
    fn leave(&mut self, name: &Arc<str>) -> Vec<RosterChange> {
        if self.has(name) {
            return Vec::new();
        }
        self.present -= 1;
        if self.unlisted.remove(name) {
            return Vec::new();
        }
        let mut changes = vec![RosterChange::Left(Arc::clone(name))];
        if let Some(listed) = self.unlisted.pop_first() {
            self.touch(&listed);
            changes.push(RosterChange::Joined(listed));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn joined(name: &str) -> RosterChange {
        RosterChange::Joined(name.into())
    }

    fn left(name: &str) -> RosterChange {
        RosterChange::Left(name.into())
    }

    fn listed(roster: &Roster) -> String {
        roster.listed().join(" ")
    }

    #[test]
    fn a_name_is_there_until_its_last_subscription_has_been_gone_for_the_grace_time() {
        let (mut roster, start) = (Roster::new(SECOND, 9, false), Instant::now());
        let ada = Arc::from("ada");
        assert_eq!(roster.enter(&ada), [joined("ada")]);
        assert_eq!(roster.enter(&ada), []);
        roster.exit(&ada, start);
        assert_eq!(roster.next_departure(), None);
        roster.exit(&ada, start);
        assert_eq!(roster.next_departure(), Some(start + SECOND));
        assert_eq!(roster.expire(start + SECOND / 2), []);
        assert!(!roster.is_empty_at(start + SECOND / 2));
        assert!(roster.is_empty_at(start + SECOND));
        assert_eq!(roster.expire(start + SECOND), [left("ada")]);
        assert_eq!(roster.len(), 0);
    }

    #[test]
    fn a_name_that_comes_back_has_not_left() {
        let (mut roster, start) = (Roster::new(SECOND, 9, false), Instant::now());
        let ada = Arc::from("ada");
        roster.enter(&ada);
        roster.exit(&ada, start);
        assert_eq!(roster.enter(&ada), []);
        assert_eq!(roster.expire(start + 9 * SECOND), []);
        roster.exit(&ada, start + 9 * SECOND);
        assert_eq!(roster.next_departure(), Some(start + 10 * SECOND));
    }

    #[test]
    fn a_name_that_finds_the_list_full_is_listed_when_another_has_left() {
        let (mut roster, start) = (Roster::new(SECOND, 1, false), Instant::now());
        let [ada, bob, eve] = ["ada", "bob", "eve"].map(Arc::from);
        roster.enter(&ada);
        assert_eq!([roster.enter(&bob), roster.enter(&eve)], [[], []]);
        assert_eq!((listed(&roster), roster.len()), ("ada".into(), 1));
        // It was not listed, so it does not stay either.
        roster.exit(&bob, start);
        roster.exit(&ada, start);
        let changes = [left("ada"), joined("eve")];
        assert_eq!(roster.expire(start + SECOND), changes);
        assert_eq!(listed(&roster), "eve");
    }

    #[test]
    fn a_grace_time_may_be_without_an_end() {
        let (mut roster, start) = (Roster::new(Duration::MAX, 1, false), Instant::now());
        let ada = Arc::from("ada");
        roster.enter(&ada);
        roster.exit(&ada, start);
        assert_eq!(roster.expire(start + 9 * SECOND), []);
        assert_eq!((roster.next_departure(), roster.len()), (None, 1));
        assert_eq!(roster.enter(&ada), []);
    }

    #[test]
    fn a_closed_roster_has_no_names() {
        let (mut roster, start) = (Roster::new(SECOND, 1, false), Instant::now());
        let [ada, bob] = ["ada", "bob"].map(Arc::from);
        roster.enter(&ada);
        roster.enter(&bob);
        assert_eq!(listed(&roster.close()), "ada");
        assert!(roster.is_closed());
        assert_eq!(roster.enter(&ada), []);
        roster.exit(&ada, start);
        assert_eq!((roster.len(), roster.next_departure()), (0, None));
    }

    #[test]
    fn a_name_is_there_while_any_node_has_it() {
        let (mut roster, start) = (Roster::new(SECOND, 9, true), Instant::now());
        let ada = Arc::from("ada");
        let set = |roster: &mut Roster, is_there, departure| {
            roster.set_elsewhere(&ada, is_there, departure, start)
        };
        assert_eq!(set(&mut roster, true, Departure::AtOnce), [joined("ada")]);
        assert_eq!(set(&mut roster, true, Departure::AtOnce), []);
        assert!(!roster.is_announced("ada"));
        assert_eq!(roster.enter(&ada), []);
        assert!(roster.is_announced("ada"));
        assert_eq!(set(&mut roster, false, Departure::AtOnce), []);
        set(&mut roster, true, Departure::AtOnce);
        roster.exit(&ada, start);
        assert_eq!(roster.expire(start + SECOND), []);
        assert!(!roster.is_announced("ada"));
        assert!(roster.is_empty_at(start), "this node has nothing to keep");
        assert_eq!(set(&mut roster, false, Departure::AtOnce), [left("ada")]);
        assert_eq!(roster.len(), 0);
    }

    #[test]
    fn a_name_of_a_node_that_is_gone_stays_for_the_grace_time() {
        let (mut roster, start) = (Roster::new(SECOND, 9, true), Instant::now());
        let ada = Arc::from("ada");
        roster.set_elsewhere(&ada, true, Departure::AtOnce, start);
        roster.set_elsewhere(&ada, false, Departure::AfterGrace, start);
        // That nobody has it is no news.
        assert_eq!(
            roster.set_elsewhere(&ada, false, Departure::AtOnce, start),
            []
        );
        assert_eq!(roster.next_departure(), Some(start + SECOND));
        assert!(!roster.is_empty_at(start));
        assert_eq!(roster.expire(start + SECOND), [left("ada")]);
    }

    #[test]
    fn all_nodes_list_the_same_names_of_too_many() {
        let orders = ["abcd", "dcba", "bdac", "cadb"];
        for (index, order) in orders.into_iter().enumerate() {
            let (mut roster, start) = (Roster::new(SECOND, 2, true), Instant::now());
            for name in order.chars().map(|name| Arc::from(name.to_string())) {
                match index % 2 {
                    0 => roster.enter(&name),
                    _ => roster.set_elsewhere(&name, true, Departure::AtOnce, start),
                };
            }
            assert_eq!((listed(&roster), roster.len()), ("a b".into(), 2));
        }
    }

    #[test]
    fn a_name_without_room_is_announced_when_it_is_listed() {
        let (mut roster, start) = (Roster::new(SECOND, 1, true), Instant::now());
        let [ada, bob] = ["ada", "bob"].map(Arc::from);
        assert_eq!(roster.enter(&bob), [joined("bob")]);
        let changes = roster.set_elsewhere(&ada, true, Departure::AtOnce, start);
        assert_eq!(changes, [left("bob"), joined("ada")]);
        assert_eq!(roster.take_touched(), [bob.clone(), bob.clone()]);
        assert!(!roster.is_announced("bob"));
        let changes = roster.set_elsewhere(&ada, false, Departure::AtOnce, start);
        assert_eq!(changes, [left("ada"), joined("bob")]);
        assert_eq!(roster.take_touched(), [bob]);
        assert!(roster.is_announced("bob"));
    }
}
