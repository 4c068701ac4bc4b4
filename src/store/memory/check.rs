//! The check of a batch: its kinds, its keys and the room of the store.

use std::collections::BTreeMap;

use super::{keys::Keys, state::State, topic_log::TopicLog};
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
    bytes: usize,
    /// The newest entries of the batch.
    changed: BTreeMap<&'a str, &'a Entry>,
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
        for entry in entries {
            self.len(entry)?;
        }
        let retained = entries.iter().filter(|entry| entry.kind().is_retained());
        for entry in retained {
            for topic in entry.topics() {
                self.kind(topic, entry.kind())?;
                self.key(topic, entry)?;
            }
        }
        self.topics()
    }

    fn len(&self, entry: &Entry) -> Result<(), StoreError> {
        let (len, max) = (entry.bytes().len(), self.state.options.max_bytes);
        if len <= max {
            return Ok(());
        }
        let cause = format!("{len} bytes are too many for a topic that holds {max}");
        Err(StoreError::with_source(StoreErrorKind::Refused, cause))
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

    fn key(&mut self, topic: &'a Topic, entry: &'a Entry) -> Result<(), StoreError> {
        let Some(key) = entry.kind().key() else {
            return Ok(());
        };
        let log = self.state.log(topic);
        let keys = self.keys.entry(topic).or_insert_with(|| KeysAfter {
            live: log.and_then(TopicLog::keys).map_or(0, Keys::live),
            bytes: log.map_or(0, TopicLog::bytes),
            changed: BTreeMap::new(),
        });
        let old = keys.changed.insert(key, entry);
        let old = old.or_else(|| log?.keyed(key));
        keys.live = keys.live + live(entry) - old.map_or(0, live);
        keys.bytes = keys.bytes + entry.bytes().len() - old.map_or(0, |old| old.bytes().len());
        let options = &self.state.options;
        match keys.live > options.max_entries || keys.bytes > options.max_bytes {
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

/// Returns the number of keys that have this entry: one, unless it is a removal.
fn live(entry: &Entry) -> usize {
    usize::from(matches!(entry.kind(), EntryKind::Keyed(_)))
}
