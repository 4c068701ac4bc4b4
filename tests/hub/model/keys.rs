use std::collections::BTreeMap;

/// A key of a keyed channel.
pub(crate) type Key = usize;

/// The keys of a keyed channel.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// The newest change of each key that there ever was.
    pub(super) changes: BTreeMap<Key, Change>,
    /// The removals that the channel remembers.
    removed: BTreeMap<u64, Key>,
    /// A client with an id up to this number may have keys of an earlier life.
    pub(super) forgotten_before: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(super) number: u64,
    /// The length of the key and its event. `None` if the key was removed.
    len: Option<usize>,
}

/// How long a key is in bytes: the name of its channel, and a digit.
pub(super) const KEY_LEN: usize = 2;

impl Change {
    pub(super) fn is_live(&self) -> bool {
        self.len.is_some()
    }
}

impl Keys {
    pub(super) fn put(&mut self, number: u64, key: Key, len: usize) {
        self.removed.retain(|_, removed| *removed != key);
        let len = Some(len);
        self.changes.insert(key, Change { number, len });
    }

    /// Removes a live key. Returns the numbers of the removals that are forgotten for it.
    pub(super) fn remove(&mut self, number: u64, key: Key, max_removed: usize) -> Vec<u64> {
        self.changes.insert(key, Change { number, len: None });
        self.removed.insert(number, key);
        let surplus = self.removed.len().saturating_sub(max_removed);
        (0..surplus).filter_map(|_| self.forget_removal()).collect()
    }

    /// Forgets the oldest removal, and returns its number.
    pub(super) fn forget_removal(&mut self) -> Option<u64> {
        self.removed.pop_first().map(|(number, _)| number)
    }

    pub(super) fn oldest_removal(&self) -> Option<u64> {
        self.removed.keys().next().copied()
    }

    pub(super) fn is_live(&self, key: Key) -> bool {
        self.len_of(key).is_some()
    }

    pub(super) fn len_of(&self, key: Key) -> Option<usize> {
        self.changes.get(&key)?.len
    }

    /// Returns the live keys, the one that was changed least recently first.
    pub(super) fn live(&self) -> Vec<Key> {
        let live = self.changes.iter().filter(|(_, change)| change.is_live());
        let mut live: Vec<_> = live.map(|(key, change)| (change.number, *key)).collect();
        live.sort_unstable();
        live.into_iter().map(|(_, key)| key).collect()
    }

    pub(super) fn live_bytes(&self) -> usize {
        self.changes.values().filter_map(|change| change.len).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        self.live_bytes() + self.removed.len() * KEY_LEN
    }
}
