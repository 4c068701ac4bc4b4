//! The history of a topic.

use std::{collections::BTreeMap, mem, sync::Arc, time::Instant};

use super::keys::Keys;
use crate::store::{Entry, Position, Topic, TopicEntry, TopicRead};

/// The entries that a topic retains.
#[derive(Debug)]
pub(super) struct TopicLog {
    entries: BTreeMap<Position, Retained>,
    /// The bytes of the entries.
    bytes: usize,
    /// The position of the newest entry that the topic has ever had.
    last: Position,
    /// `None` if the topic is not keyed.
    keys: Option<Keys>,
}

#[derive(Debug)]
struct Retained {
    at: Instant,
    before: Position,
    entry: Arc<Entry>,
}

impl TopicLog {
    /// Creates the log of a topic that may have had entries up to a position.
    pub(super) fn new(last: Position, is_keyed: bool) -> Self {
        Self {
            entries: BTreeMap::new(),
            bytes: 0,
            last,
            keys: is_keyed.then(|| Keys::new(last)),
        }
    }

    pub(super) fn last(&self) -> Position {
        self.last
    }

    pub(super) fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the newest entry of a key, or its removal.
    pub(super) fn keyed(&self, key: &str) -> Option<&Entry> {
        let place = self.keys.as_ref()?.place(key)?;
        self.entries.get(&place).map(|retained| &*retained.entry)
    }

    /// Appends an entry. Returns the position of the topic's entry before it.
    pub(super) fn append(
        &mut self,
        position: Position,
        entry: &Arc<Entry>,
        at: Instant,
    ) -> Position {
        let before = mem::replace(&mut self.last, position);
        let keys = self.keys.as_mut();
        if let Some(old) = keys.and_then(|keys| keys.move_to(position, entry.kind())) {
            self.remove(old);
        }
        self.bytes += entry.bytes().len();
        let entry = Arc::clone(entry);
        let retained = Retained { at, before, entry };
        self.entries.insert(position, retained);
        before
    }

    fn remove(&mut self, position: Position) {
        if let Some(removed) = self.entries.remove(&position) {
            self.bytes -= removed.entry.bytes().len();
        }
    }

    /// Drops the oldest entries beyond these numbers; of a keyed topic, the oldest removals.
    pub(super) fn trim(&mut self, max_entries: usize, max_bytes: usize) {
        while let Some(oldest) = self.oldest_excess(max_entries, max_bytes) {
            self.remove(oldest);
        }
    }

    fn oldest_excess(&mut self, max_entries: usize, max_bytes: usize) -> Option<Position> {
        if let Some(keys) = &mut self.keys {
            return keys.drop_removal(max_entries);
        }
        let is_excess = self.entries.len() > max_entries || self.bytes > max_bytes;
        let oldest = self.entries.first_key_value().filter(|_| is_excess);
        oldest.map(|(position, _)| *position)
    }

    /// Drops the entries that are older than a time, unless the topic is keyed.
    pub(super) fn expire(&mut self, oldest: Instant) {
        if self.keys.is_some() {
            return;
        }
        while let Some((position, first)) = self.entries.first_key_value() {
            if first.at >= oldest {
                return;
            }
            self.remove(*position);
        }
    }

    /// Reads the oldest entries above a position.
    pub(super) fn read(&self, topic: &Topic, after: Position, limit: usize) -> TopicRead {
        let retained = self.entries.range(after.next()..).take(limit);
        let entries = retained.map(topic_entry).collect();
        match &self.keys {
            Some(keys) => TopicRead::keyed(topic.clone(), keys.dropped(), entries),
            None => TopicRead::window(topic.clone(), self.last, entries),
        }
    }
}

fn topic_entry((position, retained): (&Position, &Retained)) -> TopicEntry {
    let (kind, bytes) = (retained.entry.kind(), retained.entry.bytes());
    TopicEntry::new(*position, retained.before, kind.clone(), bytes.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: &[Entry], max: usize) -> TopicLog {
        let is_keyed = entries[0].kind().key().is_some();
        let mut log = TopicLog::new(Position::ZERO, is_keyed);
        for (index, entry) in entries.iter().enumerate() {
            let position = Position::new(index as u64 + 1);
            log.append(position, &Arc::new(entry.clone()), Instant::now());
            log.trim(max, usize::MAX);
        }
        log
    }

    /// Returns the positions of the entries and the start.
    fn positions(log: &TopicLog, after: u64) -> (Vec<u64>, u64) {
        let read = log.read(&"t".into(), Position::new(after), 9);
        let positions = read.entries.iter().map(|entry| entry.position.get());
        (positions.collect(), read.start.get())
    }

    #[test]
    fn retains_the_newest_entries() {
        let entries = vec![Entry::window("t", "e"); 5];
        let log = log(&entries, 3);
        assert_eq!(positions(&log, 0), (vec![3, 4, 5], 2));
        assert_eq!(positions(&log, 3), (vec![4, 5], 3));
        assert_eq!(positions(&log, 5), (vec![], 5));
    }

    #[test]
    fn retains_the_newest_entry_of_each_key() {
        let keyed = |key| Entry::keyed("t", key, "e");
        let removal = |key| Entry::removal("t", key, "");
        let mut entries = vec![keyed("a"), keyed("b"), keyed("a"), removal("b")];
        assert_eq!(positions(&log(&entries, 1), 0), (vec![3, 4], 0));
        entries.push(removal("a"));
        let log = log(&entries, 1);
        assert_eq!(positions(&log, 0), (vec![5], 4));
        let keys = log.keys().unwrap();
        assert_eq!((keys.live(), log.keyed("a").is_some()), (0, true));
    }
}
