//! The names that are present in a channel.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

/// The names that have open subscriptions, each once.
///
/// A name whose last subscription has ended stays until the grace time has passed, so that a client that
/// reloads its page is present all the time.
///
/// There are at most as many names as there are open subscriptions, and as the list may have. So only names
/// that are listed stay for the grace time.
#[derive(Debug)]
pub(super) struct Roster {
    grace: Duration,
    max_listed: usize,
    names: BTreeMap<Arc<str>, Stay>,
    /// The names whose last subscription has ended, by the time at which they leave.
    leaving: BTreeSet<(Instant, Arc<str>)>,
    /// The names for which the list has no room yet.
    unlisted: BTreeSet<Arc<str>>,
    is_closed: bool,
}

/// A name that is present.
#[derive(Debug)]
struct Stay {
    subscriptions: usize,
    /// Its time in `leaving`.
    leaves_at: Option<Instant>,
}

/// A change of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RosterChange {
    Joined(Arc<str>),
    Left(Arc<str>),
}

impl Roster {
    /// Makes a roster that lists at most so many names.
    pub(super) fn new(grace: Duration, max_listed: usize) -> Self {
        Self {
            grace,
            max_listed,
            names: BTreeMap::new(),
            leaving: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            is_closed: false,
        }
    }

    /// Counts a subscription.
    pub(super) fn enter(&mut self, name: &Arc<str>) -> Option<RosterChange> {
        if self.is_closed {
            return None;
        }
        if let Some(stay) = self.names.get_mut(name) {
            stay.subscriptions += 1;
            if let Some(at) = stay.leaves_at.take() {
                self.leaving.remove(&(at, Arc::clone(name)));
            }
            return None;
        }
        let stay = Stay {
            subscriptions: 1,
            leaves_at: None,
        };
        let has_room = self.len() < self.max_listed;
        self.names.insert(Arc::clone(name), stay);
        if !has_room {
            self.unlisted.insert(Arc::clone(name));
            return None;
        }
        Some(RosterChange::Joined(Arc::clone(name)))
    }

    /// Counts the end of a subscription. If it was the last of its name, the name leaves after the grace
    /// time.
    pub(super) fn exit(&mut self, name: &Arc<str>, now: Instant) {
        let Some(stay) = self.names.get_mut(name) else {
            return;
        };
        stay.subscriptions = stay.subscriptions.saturating_sub(1);
        if stay.subscriptions > 0 {
            return;
        }
        if self.unlisted.remove(name) {
            self.names.remove(name);
            return;
        }
        // A grace time that the clock cannot express is one without an end.
        stay.leaves_at = now.checked_add(self.grace);
        let at = stay.leaves_at.map(|at| (at, Arc::clone(name)));
        self.leaving.extend(at);
    }

    /// Removes the names whose grace time has passed, and lists others in their places.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<RosterChange> {
        let mut changes = Vec::new();
        while self.next_departure().is_some_and(|at| at <= now) {
            let Some((_, name)) = self.leaving.pop_first() else {
                break;
            };
            self.names.remove(&name);
            changes.push(RosterChange::Left(name));
            let listed = self.unlisted.pop_first();
            changes.extend(listed.map(RosterChange::Joined));
        }
        changes
    }

    /// Removes all names, and counts no others. Returns what it was before.
    pub(super) fn close(&mut self) -> Self {
        let closed = Self {
            is_closed: true,
            ..Self::new(self.grace, self.max_listed)
        };
        mem::replace(self, closed)
    }

    /// Returns `true` if it counts no names any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Returns the next time at which a name leaves.
    pub(super) fn next_departure(&self) -> Option<Instant> {
        self.leaving.first().map(|(at, _)| *at)
    }

    /// Returns the names in the list, in their order.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Arc<str>> {
        let names = self.names.keys();
        names.filter(|name| !self.unlisted.contains(*name))
    }

    /// Returns the number of names in the list.
    pub(super) fn len(&self) -> usize {
        self.names.len() - self.unlisted.len()
    }

    /// Returns `true` if the list would be empty after all that is due by now.
    pub(super) fn is_empty_at(&self, now: Instant) -> bool {
        let last = self.leaving.last();
        self.names.len() == self.leaving.len() && last.is_none_or(|(at, _)| *at <= now)
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

    fn listed(roster: &Roster) -> Vec<&str> {
        roster.listed().map(|name| &**name).collect()
    }

    #[test]
    fn a_name_is_there_until_its_last_subscription_has_been_gone_for_the_grace_time() {
        let (mut roster, start) = (Roster::new(SECOND, 9), Instant::now());
        let ada = Arc::from("ada");
        assert_eq!(roster.enter(&ada), Some(joined("ada")));
        assert_eq!(roster.enter(&ada), None);
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
        let (mut roster, start) = (Roster::new(SECOND, 9), Instant::now());
        let ada = Arc::from("ada");
        roster.enter(&ada);
        roster.exit(&ada, start);
        assert_eq!(roster.enter(&ada), None);
        assert_eq!(roster.expire(start + 9 * SECOND), []);
        roster.exit(&ada, start + 9 * SECOND);
        assert_eq!(roster.next_departure(), Some(start + 10 * SECOND));
    }

    #[test]
    fn a_name_that_finds_the_list_full_is_listed_when_another_has_left() {
        let (mut roster, start) = (Roster::new(SECOND, 1), Instant::now());
        let [ada, bob, eve] = ["ada", "bob", "eve"].map(Arc::from);
        roster.enter(&ada);
        assert_eq!((roster.enter(&bob), roster.enter(&eve)), (None, None));
        assert_eq!((listed(&roster), roster.len()), (vec!["ada"], 1));
        // It was not listed, so it does not stay either.
        roster.exit(&bob, start);
        roster.exit(&ada, start);
        let changes = [left("ada"), joined("eve")];
        assert_eq!(roster.expire(start + SECOND), changes);
        assert_eq!(listed(&roster), ["eve"]);
    }

    #[test]
    fn a_grace_time_may_be_without_an_end() {
        let (mut roster, start) = (Roster::new(Duration::MAX, 1), Instant::now());
        let ada = Arc::from("ada");
        roster.enter(&ada);
        roster.exit(&ada, start);
        assert_eq!(roster.expire(start + 9 * SECOND), []);
        assert_eq!((roster.next_departure(), roster.len()), (None, 1));
        assert_eq!(roster.enter(&ada), None);
    }

    #[test]
    fn a_closed_roster_has_no_names() {
        let (mut roster, start) = (Roster::new(SECOND, 1), Instant::now());
        let [ada, bob] = ["ada", "bob"].map(Arc::from);
        roster.enter(&ada);
        roster.enter(&bob);
        assert_eq!(listed(&roster.close()), ["ada"]);
        assert!(roster.is_closed());
        assert_eq!(roster.enter(&ada), None);
        roster.exit(&ada, start);
        assert_eq!((roster.len(), roster.next_departure()), (0, None));
    }
}
