//! Everything that a store in memory holds.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    time::Instant,
};

use super::{options::MemoryStoreOptions, publishers::Publishers, topic_log::TopicLog};
use crate::store::{Entry, Head, Page, PageBuilder, Position, Record, Tailed, Topic, TopicRead};

#[derive(Debug)]
pub(super) struct State {
    pub(super) options: MemoryStoreOptions,
    pub(super) head: Head,
    tail: VecDeque<Tailed>,
    tail_bytes: usize,
    topics: BTreeMap<Topic, TopicLog>,
    keyed_topics: usize,
    /// The position up to which a topic without a log may have had entries.
    floor: Position,
    pub(super) publishers: Publishers,
}

impl State {
    pub(super) fn new(options: MemoryStoreOptions) -> Self {
        Self {
            head: Head::new(options.epoch, Position::ZERO, Position::ZERO),
            tail: VecDeque::new(),
            tail_bytes: 0,
            topics: BTreeMap::new(),
            keyed_topics: 0,
            floor: Position::ZERO,
            publishers: Publishers::new(options.max_publishers),
            options,
        }
    }

    pub(super) fn log(&self, topic: &Topic) -> Option<&TopicLog> {
        self.topics.get(topic)
    }

    pub(super) fn keyed_topics(&self) -> usize {
        self.keyed_topics
    }

    /// Returns the first record of the tail above a position.
    pub(super) fn record_after(&self, after: Position) -> Option<Tailed> {
        let is_before = |tailed: &Tailed| tailed.record.position() <= after;
        let index = self.tail.partition_point(is_before);
        self.tail.get(index).cloned()
    }

    pub(super) fn read(&mut self, topics: &[Topic], after: Position, limit: usize) -> Page {
        let limit = limit.max(1);
        let oldest = self.oldest();
        let mut page = PageBuilder::new(self.head, limit);
        for topic in topics {
            page.add(self.read_topic(topic, after, limit, oldest));
        }
        page.finish()
    }

    /// Returns the time before which entries have expired.
    fn oldest(&self) -> Option<Instant> {
        let max_age = self.options.max_age?;
        self.options.timer.now().checked_sub(max_age)
    }

    fn read_topic(
        &mut self,
        topic: &Topic,
        after: Position,
        limit: usize,
        oldest: Option<Instant>,
    ) -> TopicRead {
        let Some(log) = self.topics.get_mut(topic) else {
            return TopicRead::window(topic.clone(), self.floor, Vec::new());
        };
        if let Some(oldest) = oldest {
            log.expire(oldest);
        }
        log.read(topic, after, limit)
    }

    /// Appends a record to the tail.
    pub(super) fn push(&mut self, record: Record) {
        let before = mem::replace(&mut self.head.last, record.position());
        let tailed = Tailed::new(self.head.epoch, before, record);
        self.tail_bytes += len(&tailed.record);
        self.tail.push_back(tailed);
        while self.is_tail_too_long() {
            let dropped = self.tail.pop_front();
            self.tail_bytes -= dropped.map_or(0, |dropped| len(&dropped.record));
        }
    }

    fn is_tail_too_long(&self) -> bool {
        self.tail.len() > self.options.max_records || self.tail_bytes > self.options.max_bytes
    }

    /// Returns the log of a topic, which is made if there is none.
    pub(super) fn make_log(&mut self, topic: &Topic, entry: &Entry) -> &mut TopicLog {
        let is_new = !self.topics.contains_key(topic);
        let is_keyed = entry.kind().key().is_some();
        if is_new && self.topics.len() >= self.options.max_topics {
            self.drop_topic();
        }
        if is_new && is_keyed {
            self.keyed_topics += 1;
        }
        let (floor, topic) = (self.floor, topic.clone());
        let log = self.topics.entry(topic);
        log.or_insert_with(|| TopicLog::new(floor, is_keyed))
    }

    /// Drops the topic that was idle for the longest. A keyed one stays, because its keys are in use.
    fn drop_topic(&mut self) {
        let windows = self.topics.iter().filter(|(_, log)| log.keys().is_none());
        let Some((topic, log)) = windows.min_by_key(|(_, log)| log.last()) else {
            return;
        };
        let (topic, last) = (topic.clone(), log.last());
        self.floor = self.floor.max(last);
        self.topics.remove(&topic);
    }
}

fn len(record: &Record) -> usize {
    match record {
        Record::Entry(stored) => stored.entry.bytes().len(),
        Record::Lost(_) => 0,
    }
}
