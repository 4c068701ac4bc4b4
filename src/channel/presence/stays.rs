//! Names that stay for some time after they were released.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
    time::{Duration, Instant},
};

/// Names that are held, each by one or more holders. A name that the last holder has released stays until the
/// grace time has passed.
#[derive(Debug)]
pub(super) struct Stays {
    grace: Duration,
    names: BTreeMap<Arc<str>, Stay>,
    /// The names that nobody holds, by the time at which they are gone.
    leaving: BTreeSet<(Instant, Arc<str>)>,
}

#[derive(Debug, Default)]
struct Stay {
    holders: usize,
    /// Its time in `leaving`.
    leaves_at: Option<Instant>,
}

impl Stays {
    pub(super) fn new(grace: Duration) -> Self {
        Self {
            grace,
            names: BTreeMap::new(),
            leaving: BTreeSet::new(),
        }
    }

    /// Adds a holder.
    pub(super) fn hold(&mut self, name: &Arc<str>) {
        if let Some(stay) = self.names.get_mut(name) {
            stay.holders += 1;
            if let Some(at) = stay.leaves_at.take() {
                self.leaving.remove(&(at, Arc::clone(name)));
            }
            return;
        }
        let stay = Stay {
            holders: 1,
            leaves_at: None,
        };
        self.names.insert(Arc::clone(name), stay);
    }

    /// Removes a holder. Without any, the name is gone after the grace time.
    pub(super) fn release(&mut self, name: &Arc<str>, now: Instant) {
        let Some(stay) = self.names.get_mut(name).filter(|stay| stay.holders > 0) else {
            return;
        };
        stay.holders -= 1;
        if stay.holders == 0 {
            // A grace time that the clock cannot express is one without an end.
            stay.leaves_at = now.checked_add(self.grace);
            let at = stay.leaves_at.map(|at| (at, Arc::clone(name)));
            self.leaving.extend(at);
        }
    }

    /// Removes a name at once.
    pub(super) fn remove(&mut self, name: &Arc<str>) {
        let removed = self.names.remove(name);
        if let Some(at) = removed.and_then(|stay| stay.leaves_at) {
            self.leaving.remove(&(at, Arc::clone(name)));
        }
    }

    /// Removes the next name whose grace time has passed.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Arc<str>> {
        self.next_departure().filter(|at| *at <= now)?;
        let (_, name) = self.leaving.pop_first()?;
        self.names.remove(&name);
        Some(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(super) fn is_held(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|stay| stay.holders > 0)
    }

    pub(super) fn next_departure(&self) -> Option<Instant> {
        self.leaving.first().map(|(at, _)| *at)
    }

    /// Returns the last time at which a name leaves.
    pub(super) fn last_departure(&self) -> Option<Instant> {
        self.leaving.last().map(|(at, _)| *at)
    }

    /// Returns `true` if a name is held, or stays without an end.
    pub(super) fn are_any_kept(&self) -> bool {
        self.names.len() > self.leaving.len()
    }

    /// Returns the names in their order.
    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = &Arc<str>> {
        self.names.keys()
    }

    /// Returns the last name before another one, or of all.
    pub(super) fn last_before(&self, end: Option<&Arc<str>>) -> Option<&Arc<str>> {
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        let before = self
            .names
            .range::<Arc<str>, _>((Bound::Unbounded, end))
            .next_back();
        before.map(|(name, _)| name)
    }
}
