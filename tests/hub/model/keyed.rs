use std::collections::{BTreeMap, BTreeSet};

use super::{
    Hub, LifeId,
    hide::Hide,
    keys::{Change, Key},
};

/// Where a client begins in a keyed channel.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyedStart {
    /// With a snapshot of the keys that were changed after this number.
    Snapshot(u64),
    /// With what was changed after a number. No event up to the floor is due.
    Changes { after: u64, floor: u64 },
}

/// What a client has of a keyed channel.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) life: LifeId,
    floor: u64,
    /// A client that resumes may have all that was there at this number or came later.
    after: Option<u64>,
    /// The keys that it has got, with the numbers of their events.
    shown: BTreeMap<Key, u64>,
    /// Whether a snapshot is to begin.
    pub(super) begins: bool,
    /// Whether nothing was read since the snapshot began.
    is_empty: bool,
    /// The removals that the client has got twice.
    twice: BTreeSet<u64>,
    /// How often a key was passed by for another.
    passed: BTreeMap<(Key, Key), usize>,
}

impl Keyed {
    pub(super) fn new(life: LifeId, start: KeyedStart) -> Self {
        let (floor, after) = match start {
            KeyedStart::Snapshot(floor) => (floor, None),
            KeyedStart::Changes { after, floor } => (floor, Some(after)),
        };
        Self {
            life,
            floor,
            after,
            shown: BTreeMap::new(),
            begins: after.is_none(),
            is_empty: false,
            twice: BTreeSet::new(),
            passed: BTreeMap::new(),
        }
    }

    /// Returns the number up to which a client has everything that has read nothing yet.
    pub(super) fn start(&self) -> u64 {
        self.after.unwrap_or(self.floor)
    }

    /// Returns the keys whose newest change the client must still get, with its number.
    pub(super) fn pending(&self, hub: &Hub, hide: &Hide) -> BTreeMap<Key, u64> {
        let changes = hub.lives[self.life].keys.as_ref().unwrap().changes.iter();
        let pending = changes.filter(|(key, change)| self.is_pending(**key, change));
        let shown = pending.filter(|(key, _)| !hide.hides_key(**key));
        shown.map(|(key, change)| (*key, change.number)).collect()
    }

    fn is_pending(&self, key: Key, change: &Change) -> bool {
        let shown = self.shown.get(&key).copied();
        match self.after {
            Some(after) => change.number > shown.unwrap_or(after),
            None if change.is_live() => change.number > self.floor && shown != Some(change.number),
            None => shown.is_some(),
        }
    }

    pub(super) fn is_read(&self, hub: &Hub, hide: &Hide) -> bool {
        !self.begins && self.pending(hub, hide).is_empty()
    }

    /// Returns `true` if a snapshot begins here: at the start, or where removals are forgotten.
    pub(super) fn may_begin_snapshot(&self, hub: &Hub) -> bool {
        let lost = hub.lives[self.life].lost;
        self.begins || self.after.is_some_and(|after| lost > after)
    }

    /// Notes that a snapshot has begun.
    pub(super) fn begin_snapshot(&mut self) {
        *self = Self::new(self.life, KeyedStart::Snapshot(self.floor));
        (self.begins, self.is_empty) = (false, true);
    }

    /// Returns `true` once if a snapshot of nothing has ended, after keys that came and went: its id is from
    /// before these.
    pub(super) fn ends_empty_snapshot(&mut self, hub: &Hub) -> bool {
        let has_passed = hub.lives[self.life].last > self.start();
        has_passed && std::mem::take(&mut self.is_empty)
    }

    /// Checks that this is the newest change of a key that the client has not got yet, and that no other key
    /// is passed by again and again.
    pub(super) fn check_change(&mut self, hub: &Hub, hide: &Hide, key: Key, is_live: bool) -> u64 {
        assert!(!self.begins, "an event before the snapshot");
        self.is_empty = false;
        let mut pending = self.pending(hub, hide);
        let number = pending.remove(&key);
        let number = number.or_else(|| self.repeat_removal(hub, key));
        let number = number.unwrap_or_else(|| panic!("key {key} is not due"));
        let keys = hub.lives[self.life].keys.as_ref().unwrap();
        assert_eq!(is_live, keys.is_live(key));
        match is_live || self.after.is_some() {
            true => self.shown.insert(key, number),
            false => self.shown.remove(&key),
        };
        let others: BTreeSet<_> = pending.into_keys().collect();
        self.passed.retain(|(other, _), _| others.contains(other));
        for other in others {
            let passed = self.passed.entry((other, key)).or_default();
            *passed += 1;
            // In the round in which the other has changed, and in the next one.
            assert!(*passed <= 2, "key {other} is passed by");
        }
        number
    }

    /// Returns `true` if the removal of a key is due, or may come again.
    pub(super) fn may_get_removal(&self, hub: &Hub, hide: &Hide, key: Key) -> bool {
        let keys = hub.lives[self.life].keys.as_ref().unwrap();
        let shown = self.shown.get(&key).filter(|_| self.after.is_some());
        let may_repeat = shown.is_some_and(|number| !self.twice.contains(number));
        !keys.is_live(key) && (may_repeat || self.pending(hub, hide).contains_key(&key))
    }

    /// A client that has resumed may get a removal again that came while a round was read.
    fn repeat_removal(&mut self, hub: &Hub, key: Key) -> Option<u64> {
        let keys = hub.lives[self.life].keys.as_ref().unwrap();
        let number = *self.shown.get(&key)?;
        let is_it = self.after.is_some() && !keys.is_live(key);
        (is_it && self.twice.insert(number)).then_some(number)
    }

    /// Returns how many hidden keys have changed after a number.
    pub(super) fn hidden_after(&self, hub: &Hub, hide: &Hide, number: u64) -> usize {
        let number = number.max(self.start());
        let changes = hub.lives[self.life].keys.as_ref().unwrap().changes.iter();
        let hidden = changes.filter(|(key, change)| {
            hide.hides_key(**key) && change.is_live() && change.number > number
        });
        hidden.count()
    }
}
