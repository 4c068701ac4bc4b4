//! Appending a batch: all of it is checked, then all of it is stored.

use std::{sync::Arc, time::Instant};

use super::{check::Check, state::State};
use crate::store::{Appended, Batch, Entry, Position, Record, StoreError, StoredEntry, Topic};

impl State {
    pub(super) fn append(&mut self, batch: &Batch<'_>) -> Result<Appended, StoreError> {
        if let Some(answer) = self.publishers.answer(batch)? {
            return Ok(answer);
        }
        Check::new(self).entries(&batch.entries)?;
        self.append_lost(batch);
        let now = self.options.timer.now();
        let entries = batch.entries.iter();
        let positions = entries.map(|entry| self.append_entry(entry, now)).collect();
        let answer = Appended::new(self.head.epoch, positions);
        self.publishers.remember(batch, answer.clone());
        Ok(answer)
    }

    /// Appends the record of a loss if the node misses records, as after a restart with another store.
    fn append_lost(&mut self, batch: &Batch<'_>) {
        let is_loss = batch.seen > self.head.last || batch.lost > self.head.lost;
        if batch.epoch != Some(self.head.epoch) || !is_loss {
            return;
        }
        let position = batch.seen.max(batch.lost).max(self.head.last).next();
        self.head.lost = position;
        self.push(Record::Lost(position));
    }

    fn append_entry(&mut self, entry: &Entry, now: Instant) -> Position {
        let position = self.head.last.next();
        let entry = Arc::new(entry.clone());
        let topics = entry.topics().iter();
        let topic_before = topics
            .map(|topic| self.append_to(topic, position, &entry, now))
            .collect();
        self.push(Record::Entry(StoredEntry::new(
            position,
            entry,
            topic_before,
        )));
        position
    }

    fn append_to(
        &mut self,
        topic: &Topic,
        position: Position,
        entry: &Arc<Entry>,
        now: Instant,
    ) -> Position {
        if !entry.kind().is_retained() {
            return Position::ZERO;
        }
        let (max_entries, max_bytes) = (self.options.max_entries, self.options.max_bytes);
        let log = self.make_log(topic, entry);
        let before = log.append(position, entry, now);
        log.trim(max_entries, max_bytes);
        before
    }
}
