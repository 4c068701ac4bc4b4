//! The keys that a round of a keyed channel reads.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
    iter::{self, Peekable},
    ops::Bound,
    sync::Arc,
};

use crate::channel::{keyed_log::KeyedLog, log::Log};

/// The most keys that are looked at under one lock of the log, for which publishers wait.
const MAX_KEYS: usize = 256;

/// The part of a keyed channel that a client has.
pub(super) struct Held {
    /// The number up to which no event is due.
    pub(super) floor: u64,
    /// Changes up to this number were read in earlier rounds.
    pub(super) since: u64,
    /// The keys that were read since the snapshot began, with the numbers of their events. A round drops
    /// those that are gone, so there are at most as many as the log has live and removed keys, and as many
    /// again while the round lasts. A tree, because a hash map moves all of its entries when it grows.
    pub(super) shown: BTreeMap<Arc<str>, u64>,
    /// Whether the client has nothing but what `shown` has: not if it has resumed.
    pub(super) is_complete: bool,
}

/// The keys that are still to be read in a round.
///
/// Few keys are listed at once, in the order of their changes. Of many some are listed at a time, in the order of
/// the keys: in that of the changes, a key that changes all the time would always move to those that are not
/// listed yet, and never be read.
pub(super) struct RoundKeys {
    listed: VecDeque<Arc<str>>,
    /// The bound from which the list goes on, in the order of the keys. `None` if it is complete.
    rest: Option<Bound<Arc<str>>>,
    pub(super) is_by_change: bool,
}

/// Why keys cannot be listed.
pub(super) enum Unlisted {
    /// The log has to be loaded from a store.
    NotLoaded,
    /// The client may have keys whose removal is forgotten, and it is not known which.
    Forgotten,
}

impl RoundKeys {
    /// Lists the keys that have changed since the last round, or begins to.
    pub(super) fn new(log: &Log, held: &Held) -> Result<Self, Unlisted> {
        let keyed = held.check(log)?;
        let few = held.few_changed(keyed, held.has_lost(log));
        let is_by_change = few.is_some();
        Ok(Self {
            listed: few.unwrap_or_default(),
            rest: (!is_by_change).then_some(Bound::Unbounded),
            is_by_change,
        })
    }

    /// Returns `true` if more keys have to be listed before the next one is read, which may be the last.
    pub(super) fn needs_more(&self) -> bool {
        self.rest.is_some() && self.listed.len() < 2
    }

    /// Lists more keys.
    pub(super) fn list_more(&mut self, log: &Log, held: &Held) -> Result<(), Unlisted> {
        let keyed = held.check(log)?;
        let Some(after) = &self.rest else {
            return Ok(());
        };
        // Not only what is new: a store that has lost events has older ones again.
        let since = if held.has_lost(log) { 0 } else { held.since };
        let (mut count, mut last) = (0, None);
        for key in held.keys_after(keyed, after).take(MAX_KEYS) {
            (count, last) = (count + 1, Some(key.key));
            if held.wants(keyed, &key, since) {
                self.listed.push_back(Arc::clone(key.key));
            }
        }
        let last = last.filter(|_| count == MAX_KEYS);
        self.rest = last.map(|key| Bound::Excluded(Arc::clone(key)));
        Ok(())
    }

    /// Takes the next key.
    pub(super) fn pop(&mut self) -> Option<Arc<str>> {
        self.listed.pop_front()
    }

    /// Puts back the key that was taken.
    pub(super) fn put_back(&mut self, key: Arc<str>) {
        self.listed.push_front(key);
    }

    /// Returns `true` if no key is left.
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.rest.is_none()
    }
}

impl Held {
    fn check<'a>(&self, log: &'a Log) -> Result<&'a KeyedLog, Unlisted> {
        let keyed = log.as_keyed().filter(|keyed| keyed.is_loaded());
        let keyed = keyed.ok_or(Unlisted::NotLoaded)?;
        match self.has_lost(log) && !self.is_complete {
            true => Err(Unlisted::Forgotten),
            false => Ok(keyed),
        }
    }

    /// Returns `true` if a removal is forgotten that the client may not have.
    fn has_lost(&self, log: &Log) -> bool {
        log.evicted() > self.since
    }

    /// Returns the keys that have changed since the last round, if they are few: after a loss those of which the
    /// client has another event, or none.
    fn few_changed(&self, keyed: &KeyedLog, has_lost: bool) -> Option<VecDeque<Arc<str>>> {
        if has_lost && self.shown.len() > MAX_KEYS {
            return None;
        }
        let since = if has_lost { 0 } else { self.since };
        let shown = has_lost.then(|| self.shown.keys()).into_iter().flatten();
        let gone = shown.filter(|key| !keyed.knows(key)).map(|key| (key, None));
        // A client with nothing but what was shown has no other key that was removed.
        let may_have_any = !self.is_complete || !self.shown.is_empty();
        let removed = may_have_any.then(|| keyed.removed_after(since));
        let removed = removed.into_iter().flatten().map(|key| (key, None));
        // Not only up to the watermark: a key that is updated all the time would never be listed.
        let live = keyed.live_after(since.max(self.floor));
        let live = live.map(|(number, key)| (key, Some(number)));
        let changed: Vec<_> = gone.chain(removed).chain(live).take(MAX_KEYS + 1).collect();
        if changed.len() > MAX_KEYS {
            return None;
        }
        let changed = changed.into_iter().filter(|(key, live)| match live {
            Some(number) => self.shown.get(*key) != Some(number),
            None => !self.is_complete || self.shown.contains_key(*key),
        });
        Some(changed.map(|(key, _)| Arc::clone(key)).collect())
    }

    /// Returns `true` if the client is to get a key, and has all changes up to a number of keys that were not shown.
    fn wants(&self, keyed: &KeyedLog, key: &Key<'_>, since: u64) -> bool {
        match (key.newest, key.shown) {
            (Some(newest), None) if self.is_complete => {
                newest > since.max(self.floor) && !keyed.is_removal(newest)
            }
            (Some(newest), None) => newest > since.max(self.floor),
            (newest, shown) => newest != shown,
        }
    }

    /// Returns the keys that the log knows or the client has, in their order.
    fn keys_after<'a>(
        &'a self,
        keyed: &'a KeyedLog,
        after: &Bound<Arc<str>>,
    ) -> impl Iterator<Item = Key<'a>> {
        let after = after.as_ref().map(|key| &**key);
        let shown = self.shown.range::<str, _>((after, Bound::Unbounded));
        let shown = shown.map(|(key, number)| (key, *number)).peekable();
        merge(keyed.keys_after(after).peekable(), shown)
    }
}

/// A key that the log knows or the client has.
struct Key<'a> {
    key: &'a Arc<str>,
    /// The number of its newest change. `None` if its removal is forgotten.
    newest: Option<u64>,
    /// The number of the event that the client has.
    shown: Option<u64>,
}

fn merge<'a>(
    mut known: Peekable<impl Iterator<Item = (&'a Arc<str>, u64)>>,
    mut shown: Peekable<impl Iterator<Item = (&'a Arc<str>, u64)>>,
) -> impl Iterator<Item = Key<'a>> {
    iter::from_fn(move || {
        let order = match (known.peek(), shown.peek()) {
            (Some((known, _)), Some((shown, _))) => known.cmp(shown),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let known = known.next_if(|_| order.is_le());
        let shown = shown.next_if(|_| order.is_ge());
        Some(Key {
            key: known.or(shown)?.0,
            newest: known.map(|(_, number)| number),
            shown: shown.map(|(_, number)| number),
        })
    })
}
