//! Whether a store has room for a batch.

use std::collections::BTreeMap;

use super::state::State;
use crate::store::{Entry, EntryKind, StoreError, StoreErrorKind, Topic};

/// A check of a batch, before any of it is stored.
pub(super) struct Check<'a> {
    state: &'a State,
    /// The topics that the batch makes. The value is `true` for a keyed one.
    made: BTreeMap<&'a Topic, bool>,
    keys: BTreeMap<&'a Topic, KeysAfter<'a>>,
}

/// The keys of a topic after a part of the batch.
struct KeysAfter<'a> {
    live: usize,
    /// The keys of the batch. The value is `true` for one that has an entry.
    changed: BTreeMap<&'a str, bool>,
}

impl<'a> Check<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            state,
            made: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    /// Returns an error if the entries cannot be stored as a whole.
    pub(super) fn entries(mut self, entries: &'a [Entry]) -> Result<(), StoreError> {
        let retained = entries.iter().filter(|entry| entry.kind().is_retained());
        for entry in retained {
            for topic in entry.topics() {
                self.kind(topic, entry.kind())?;
                self.key(topic, entry.kind())?;
            }
        }
        self.topics()
    }

    fn kind(&mut self, topic: &'a Topic, kind: &EntryKind) -> Result<(), StoreError> {
        let is_keyed = kind.key().is_some();
        let found = match self.state.log(topic) {
            Some(log) => log.keys().is_some(),
            None => *self.made.entry(topic).or_insert(is_keyed),
        };
        if found == is_keyed {
            return Ok(());
        }
        let cause = match found {
            true => format!("the topic {topic} is keyed"),
            false => format!("the topic {topic} is not keyed"),
        };
        Err(StoreError::with_source(StoreErrorKind::Refused, cause))
    }

    fn key(&mut self, topic: &'a Topic, kind: &'a EntryKind) -> Result<(), StoreError> {
        let Some(key) = kind.key() else {
            return Ok(());
        };
        let stored = self.state.log(topic).and_then(|log| log.keys());
        let keys = self.keys.entry(topic).or_insert_with(|| KeysAfter {
            live: stored.map_or(0, |keys| keys.live()),
            changed: BTreeMap::new(),
        });
        let is_live = matches!(kind, EntryKind::Keyed(_));
        let was_live = keys.changed.insert(key, is_live);
        let was_live = was_live.unwrap_or_else(|| stored.is_some_and(|stored| stored.is_live(key)));
        keys.live = keys.live + usize::from(is_live) - usize::from(was_live);
        match keys.live > self.state.options.max_entries {
            true => Err(StoreError::new(StoreErrorKind::Full)),
            false => Ok(()),
        }
    }

    /// Checks the room for topics. Those that are not keyed make room for each other.
    fn topics(&self) -> Result<(), StoreError> {
        if self.made.is_empty() {
            return Ok(());
        }
        let made_keyed = self.made.values().filter(|is_keyed| **is_keyed).count();
        let one_window = usize::from(made_keyed < self.made.len());
        let needed = self.state.keyed_topics() + made_keyed + one_window;
        match needed > self.state.options.max_topics {
            true => Err(StoreError::new(StoreErrorKind::Full)),
            false => Ok(()),
        }
    }
}
