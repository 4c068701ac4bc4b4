//! The newest event for each key.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use crate::EncodedEvent;

/// The newest event for each key, and the keys that were removed.
///
/// An update gives a key a new number, and loses nothing that a reader would want. Only a removal that is
/// forgotten does: a client may have the key still.
#[derive(Debug)]
pub(super) struct KeyedLog {
    /// The live keys by the numbers of their events.
    live: BTreeMap<u64, (Arc<str>, KeyedEvent)>,
    /// The removed keys by the numbers of their removals.
    removed: BTreeMap<u64, Arc<str>>,
    /// The number of each key, live or removed.
    numbers: BTreeMap<Arc<str>, u64>,
    max_removed: usize,
    live_bytes: usize,
    removed_bytes: usize,
    /// No client has a state that holds with an id up to this number, if there is one.
    forgotten_before: Option<u64>,
    load: Load,
}

/// The progress of loading the keys of a log. Without a store it has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Needed,
    /// The store is being read. The number tells one load from another.
    Running(u64),
    Done,
}

/// An event of a key, in the forms that subscriptions need.
#[derive(Clone, Debug)]
pub(super) struct KeyedEvent {
    pub(super) without_id: EncodedEvent,
    /// `None` if the channel has no ids.
    pub(super) with_id: Option<EncodedEvent>,
}

/// The result of looking up a key.
#[derive(Debug)]
pub(super) enum KeyLookup {
    Live(u64, KeyedEvent),
    Removed(u64),
    /// The key never was, or its removal is forgotten.
    Unknown,
}

impl KeyedEvent {
    fn len(&self) -> usize {
        let with_id = self.with_id.as_ref();
        self.without_id.as_bytes().len() + with_id.map_or(0, |event| event.as_bytes().len())
    }
}

impl KeyedLog {
    /// Makes a log that remembers as many removed keys as it may have live ones.
    pub(super) fn new(max_keys: usize) -> Self {
        Self {
            live: BTreeMap::new(),
            removed: BTreeMap::new(),
            numbers: BTreeMap::new(),
            max_removed: max_keys,
            live_bytes: 0,
            removed_bytes: 0,
            forgotten_before: None,
            load: Load::Done,
        }
    }

    /// Forgets everything, which has to be loaded from a store then.
    pub(super) fn unload(&mut self) {
        self.clear();
        self.load = Load::Needed;
    }

    /// Returns `true` if the log has all keys.
    pub(super) fn is_loaded(&self) -> bool {
        self.load == Load::Done
    }

    /// Begins to load, if that is needed and has not begun. The number is one that no earlier load had.
    pub(super) fn begin_load(&mut self, number: u64) -> bool {
        let is_needed = self.load == Load::Needed;
        if is_needed {
            self.load = Load::Running(number);
        }
        is_needed
    }

    /// Returns `true` if this load runs, and no later one has begun.
    pub(super) fn is_loading(&self, number: u64) -> bool {
        self.load == Load::Running(number)
    }

    /// Requires the log to be loaded again, if this load runs.
    pub(super) fn abandon_load(&mut self, number: u64) {
        if self.is_loading(number) {
            self.load = Load::Needed;
        }
    }

    pub(super) fn end_load(&mut self) {
        self.load = Load::Done;
    }

    /// Applies what a store has of a key, an event or a removal, unless it is older than what is known.
    pub(super) fn apply(&mut self, number: u64, key: &Arc<str>, event: Option<KeyedEvent>) {
        if self.numbers.get(key).is_some_and(|known| *known >= number) {
            return;
        }
        match event {
            Some(event) => self.insert(number, Arc::clone(key), event),
            None => {
                self.forget(key);
                self.removed_bytes += key.len();
                self.numbers.insert(Arc::clone(key), number);
                self.removed.insert(number, Arc::clone(key));
            }
        }
    }

    /// Counts the keys that clients with an id up to this number may have as gone without a removal.
    pub(super) fn forget_before(&mut self, number: u64) {
        self.forgotten_before = Some(number);
    }

    /// Returns `true` if a client with this number may have keys that are gone without a removal.
    pub(super) fn has_forgotten(&self, number: u64) -> bool {
        self.forgotten_before.is_some_and(|before| number <= before)
    }

    /// Returns the number of live keys.
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.live_bytes + self.removed_bytes
    }

    /// Returns the length of the live keys and their events in bytes.
    pub(super) fn live_bytes(&self) -> usize {
        self.live_bytes
    }

    /// Returns the length in bytes that a live key has now.
    pub(super) fn bytes_of(&self, key: &str) -> usize {
        let number = self.numbers.get(key);
        let live = number.and_then(|number| self.live.get(number));
        live.map_or(0, |(key, event)| key.len() + event.len())
    }

    pub(super) fn is_live(&self, key: &str) -> bool {
        let number = self.numbers.get(key);
        number.is_some_and(|number| self.live.contains_key(number))
    }

    /// Returns `true` if the key is live, or its removal is known.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.numbers.contains_key(key)
    }

    /// Returns `true` if a key was removed at this number.
    pub(super) fn is_removal(&self, number: u64) -> bool {
        self.removed.contains_key(&number)
    }

    /// Returns the live keys, those that were updated least recently first.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.live.values().map(|(key, _)| key)
    }

    pub(super) fn get(&self, key: &str) -> KeyLookup {
        let Some(number) = self.numbers.get(key) else {
            return KeyLookup::Unknown;
        };
        match self.live.get(number) {
            Some((_, event)) => KeyLookup::Live(*number, event.clone()),
            None => KeyLookup::Removed(*number),
        }
    }

    /// Returns the live keys whose newest event is above a number, with that of the event, in order.
    pub(super) fn live_after(&self, number: u64) -> impl Iterator<Item = (u64, &Arc<str>)> {
        let live = self.live.range(number.saturating_add(1)..);
        live.map(|(number, (key, _))| (*number, key))
    }

    /// Returns the keys that were removed after a number.
    pub(super) fn removed_after(&self, number: u64) -> impl Iterator<Item = &Arc<str>> {
        let removed = self.removed.range(number.saturating_add(1)..);
        removed.map(|(_, key)| key)
    }

    /// Returns the keys after another one in their own order, live and removed ones, with the numbers of their
    /// newest changes.
    pub(super) fn keys_after(&self, after: Bound<&str>) -> impl Iterator<Item = (&Arc<str>, u64)> {
        let range = self.numbers.range::<str, _>((after, Bound::Unbounded));
        range.map(|(key, number)| (key, *number))
    }

    /// Makes this the newest event of its key.
    pub(super) fn insert(&mut self, number: u64, key: Arc<str>, event: KeyedEvent) {
        self.forget(&key);
        self.live_bytes += key.len() + event.len();
        self.numbers.insert(Arc::clone(&key), number);
        self.live.insert(number, (key, event));
    }

    /// Removes a live key.
    pub(super) fn remove(&mut self, number: u64, key: &str) {
        let Some(key) = self.forget(key) else {
            return;
        };
        self.removed_bytes += key.len();
        self.numbers.insert(Arc::clone(&key), number);
        self.removed.insert(number, key);
    }

    /// Returns `true` if it remembers more removed keys than it should.
    pub(super) fn has_too_many_removed(&self) -> bool {
        self.removed.len() > self.max_removed
    }

    /// Returns the number of the oldest removal.
    pub(super) fn oldest_removal(&self) -> Option<u64> {
        self.removed.keys().next().copied()
    }

    /// Forgets the oldest removal, and returns its number.
    pub(super) fn forget_oldest_removal(&mut self) -> Option<u64> {
        let (number, key) = self.removed.pop_first()?;
        self.removed_bytes -= key.len();
        self.numbers.remove(&key);
        Some(number)
    }

    /// Forgets all keys.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.max_removed);
    }

    /// Forgets a key, live or removed, and returns it.
    fn forget(&mut self, key: &str) -> Option<Arc<str>> {
        let (key, number) = self.numbers.remove_entry(key)?;
        if let Some((key, event)) = self.live.remove(&number) {
            self.live_bytes -= key.len() + event.len();
        }
        if let Some(key) = self.removed.remove(&number) {
            self.removed_bytes -= key.len();
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    fn event(text: &str) -> KeyedEvent {
        KeyedEvent {
            without_id: Event::new(text.to_owned()).into(),
            with_id: None,
        }
    }

    fn live(log: &KeyedLog, after: u64) -> Vec<(u64, &str)> {
        let live = log.live_after(after);
        live.map(|(number, key)| (number, &**key)).collect()
    }

    fn removed(log: &KeyedLog, after: u64) -> Vec<&str> {
        log.removed_after(after).map(|key| &**key).collect()
    }

    #[test]
    fn an_update_moves_a_key_to_the_end() {
        let mut log = KeyedLog::new(8);
        log.insert(1, "a".into(), event("1"));
        log.insert(2, "b".into(), event("2"));
        log.insert(3, "a".into(), event("3"));
        assert_eq!(live(&log, 0), [(2, "b"), (3, "a")]);
        assert!(matches!(log.get("a"), KeyLookup::Live(3, _)));
        // "data: 3\n\n" and the key, twice.
        assert_eq!((log.len(), log.bytes()), (2, 20));
    }

    #[test]
    fn a_removal_is_known_until_it_is_forgotten() {
        let mut log = KeyedLog::new(1);
        log.insert(1, "a".into(), event("1"));
        log.insert(2, "b".into(), event("2"));
        log.remove(3, "a");
        assert!(matches!(log.get("a"), KeyLookup::Removed(3)));
        assert!(!log.has_too_many_removed());
        log.remove(4, "b");
        assert!(log.has_too_many_removed());
        assert_eq!(log.forget_oldest_removal(), Some(3));
        assert!(matches!(log.get("a"), KeyLookup::Unknown));
        assert_eq!((removed(&log, 0), log.bytes()), (vec!["b"], 1));
    }

    #[test]
    fn a_key_that_comes_back_is_removed_no_longer() {
        let mut log = KeyedLog::new(1);
        log.insert(1, "a".into(), event("1"));
        log.remove(2, "a");
        log.insert(3, "a".into(), event("3"));
        assert_eq!((live(&log, 0), removed(&log, 0)), (vec![(3, "a")], vec![]));
        assert_eq!(log.oldest_removal(), None);
    }
}
