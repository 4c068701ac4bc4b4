use std::collections::{BTreeMap, BTreeSet};

use tower_sse::store::{
    Appended, Batch, Entry, EntryKind, Epoch, Head, Page, PageBuilder, Position, PublisherId,
    Record, StoreError, StoreErrorKind, StoredEntry, Tailed, Topic, TopicEntry, TopicRead,
};

/// Everything that a plain store holds: all records that it has ever had, and what of them is trimmed.
#[derive(Clone)]
pub(crate) struct State {
    head: Head,
    records: Vec<Tailed>,
    /// The tail is trimmed up to here.
    tail_from: Position,
    /// Topics are trimmed up to here.
    topics_from: BTreeMap<Topic, Position>,
    publishers: BTreeMap<PublisherId, (u64, Appended)>,
}

impl State {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            head: Head::new(epoch, Position::ZERO, Position::ZERO),
            records: Vec::new(),
            tail_from: Position::ZERO,
            topics_from: BTreeMap::new(),
            publishers: BTreeMap::new(),
        }
    }

    /// Appends a batch. `next` gives a position above another one, and above all that were ever given.
    pub(super) fn append(
        &mut self,
        batch: &Batch<'_>,
        mut next: impl FnMut(Position) -> Position,
    ) -> Result<Appended, StoreError> {
        if let Some(answer) = self.answer(batch)? {
            return Ok(answer);
        }
        let mut entries = batch.entries.iter();
        if entries.any(|entry| self.is_of_another_kind(entry)) {
            return Err(StoreError::new(StoreErrorKind::Refused));
        }
        let is_loss = batch.seen > self.head.last || batch.lost > self.head.lost;
        if is_loss && batch.epoch == Some(self.head.epoch) {
            self.head.lost = next(batch.seen.max(batch.lost).max(self.head.last));
            self.push(Record::Lost(self.head.lost));
        }
        let entries = batch.entries.iter();
        let positions = entries
            .map(|entry| self.append_entry(entry, next(self.head.last)))
            .collect();
        let answer = Appended::new(self.head.epoch, positions);
        let answered = (batch.counter, answer.clone());
        self.publishers.insert(batch.publisher, answered);
        Ok(answer)
    }

    /// Returns the answer to a batch that is stored already.
    fn answer(&self, batch: &Batch<'_>) -> Result<Option<Appended>, StoreError> {
        match self.publishers.get(&batch.publisher) {
            Some((counter, answer)) if *counter == batch.counter => Ok(Some(answer.clone())),
            Some((counter, _)) if *counter > batch.counter => {
                Err(StoreError::new(StoreErrorKind::Refused))
            }
            _ => Ok(None),
        }
    }

    fn append_entry(&mut self, entry: &Entry, position: Position) -> Position {
        let topics = entry.topics().iter();
        let before = match entry.kind().is_retained() {
            true => topics.map(|topic| self.last_of(topic)).collect(),
            false => vec![Position::ZERO; topics.count()],
        };
        self.push(Record::Entry(StoredEntry::new(
            position,
            entry.clone(),
            before,
        )));
        position
    }

    fn push(&mut self, record: Record) {
        let before = std::mem::replace(&mut self.head.last, record.position());
        let tailed = Tailed::new(self.head.epoch, before, record);
        self.records.push(tailed);
    }

    fn is_of_another_kind(&self, entry: &Entry) -> bool {
        let is_keyed = entry.kind().key().is_some();
        let mut topics = entry.topics().iter();
        entry.kind().is_retained()
            && topics.any(|topic| self.is_keyed(topic).is_some_and(|found| found != is_keyed))
    }

    fn is_keyed(&self, topic: &Topic) -> Option<bool> {
        let newest = self.entries(topic).last();
        newest.map(|stored| stored.entry.kind().key().is_some())
    }

    /// Returns all entries that a topic has ever had.
    fn entries(&self, topic: &Topic) -> impl DoubleEndedIterator<Item = &StoredEntry> {
        let entries = self
            .records
            .iter()
            .filter_map(|tailed| match &tailed.record {
                Record::Entry(stored) if stored.entry.kind().is_retained() => Some(stored),
                _ => None,
            });
        entries.filter(|stored| stored.entry.topics().contains(topic))
    }

    fn last_of(&self, topic: &Topic) -> Position {
        let newest = self.entries(topic).next_back();
        newest.map_or(Position::ZERO, |stored| stored.position)
    }

    pub(super) fn record_after(&self, position: Position) -> Option<Tailed> {
        let after = position.max(self.tail_from);
        let records = &self.records;
        let next = records.partition_point(|tailed| tailed.record.position() <= after);
        records.get(next).cloned()
    }

    pub(super) fn read(&self, topics: &[Topic], after: Position, limit: usize) -> Page {
        let mut page = PageBuilder::new(self.head, limit);
        for topic in topics {
            page.add(self.read_topic(topic, after, limit));
        }
        page.finish()
    }

    fn read_topic(&self, topic: &Topic, after: Position, limit: usize) -> TopicRead {
        let from = self.topics_from.get(topic).copied().unwrap_or_default();
        let is_keyed = self.is_keyed(topic) == Some(true);
        let newest = is_keyed.then(|| self.newest_of_keys(topic));
        let is_due = |stored: &&StoredEntry| {
            let is_removal = matches!(stored.entry.kind(), EntryKind::Removal(_));
            let is_trimmed = stored.position <= from && (!is_keyed || is_removal);
            let newest = newest.as_ref();
            let is_replaced = newest.is_some_and(|newest| !newest.contains(&stored.position));
            stored.position > after && !is_trimmed && !is_replaced
        };
        let entries = self.entries(topic).filter(is_due).take(limit);
        let entries = entries.map(|stored| topic_entry(stored, topic)).collect();
        match is_keyed {
            true => TopicRead::keyed(topic.clone(), from, entries),
            false => TopicRead::window(topic.clone(), self.last_of(topic), entries),
        }
    }

    fn newest_of_keys(&self, topic: &Topic) -> BTreeSet<Position> {
        let entries = self.entries(topic).filter_map(|stored| {
            let key = stored.entry.kind().key()?;
            Some((key, stored.position))
        });
        entries.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    pub(super) fn trim_tail(&mut self, keep: usize) {
        let records = self.records.iter().rev();
        // The newest record is kept.
        let newest = records
            .map(|tailed| tailed.record.position())
            .nth(keep.max(1));
        self.tail_from = self.tail_from.max(newest.unwrap_or_default());
    }

    /// Trims a topic to its newest entries; a keyed one, to its newest removals.
    pub(super) fn trim_topic(&mut self, topic: &Topic, keep: usize) {
        let is_keyed = self.is_keyed(topic) == Some(true);
        let trimmable = self
            .entries(topic)
            .rev()
            .filter(|stored| !is_keyed || matches!(stored.entry.kind(), EntryKind::Removal(_)));
        let newest = trimmable.map(|stored| stored.position).nth(keep);
        let from = self.topics_from.entry(topic.clone()).or_default();
        *from = (*from).max(newest.unwrap_or_default());
    }
}

fn topic_entry(stored: &StoredEntry, topic: &Topic) -> TopicEntry {
    let (position, entry) = (stored.position, &stored.entry);
    let (kind, bytes) = (entry.kind().clone(), entry.bytes().clone());
    TopicEntry::new(position, stored.before(topic), kind, bytes)
}
