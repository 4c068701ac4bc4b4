use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt, Stream};
use tower_sse::store::{
    Appended, Batch, EntryKind, Epoch, Head, HubStore, Page, Position, StoreError, Tailed, Topic,
};

use super::{
    restarting::Restarting,
    settings::WINDOWS,
    truth::{Fact, Place, Truth},
};
use crate::{ModelStore, stores::Damage};

/// Between the faults and the store: notes everything that was ever stored.
#[derive(Clone)]
pub(super) struct Recorder {
    store: ModelStore,
    truth: Arc<Mutex<Truth>>,
    /// The maximum number of entries of a page.
    limit: usize,
}

impl Recorder {
    pub(super) fn new(store: ModelStore, limit: usize) -> Self {
        Self {
            store,
            truth: Arc::default(),
            limit,
        }
    }

    /// Returns `true` if the store itself records a loss when it is started anew.
    pub(super) fn records_restarts(&self) -> bool {
        self.store.records_restarts()
    }

    pub(super) fn truth(&self) -> MutexGuard<'_, Truth> {
        // A client that fails has it locked.
        self.truth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, topics: &[Topic], after: u64, limit: usize) -> Page {
        let page = self.store.read(topics, Position::new(after), limit);
        page.now_or_never().unwrap().unwrap()
    }

    pub(super) fn head(&self) -> Head {
        self.page(&[], 0, 1).head
    }

    /// Returns `true` if a topic still has the entry at a place.
    pub(super) fn retains(&self, topic: &Topic, (epoch, position): Place) -> bool {
        let page = self.page(std::slice::from_ref(topic), position - 1, 1);
        let first = page.entries.first();
        epoch == page.head.epoch && first.is_some_and(|entry| entry.position.get() == position)
    }

    /// Returns the newest event of each key, by the number of its publish.
    pub(super) fn newest(&self, topic: &Topic) -> BTreeMap<String, u64> {
        let page = self.page(std::slice::from_ref(topic), 0, usize::MAX);
        let entries = page.entries.iter();
        let keys = entries.filter_map(|stored| match stored.entry.kind() {
            EntryKind::Keyed(key) => Some((key.to_string(), Fact::of(&stored.entry).payload)),
            _ => None,
        });
        keys.collect()
    }

    /// Returns the positions of everything that the topics of window events retain.
    fn retained(&self) -> BTreeMap<Topic, BTreeSet<u64>> {
        let topics = WINDOWS.iter().map(|name| Topic::from(*name));
        let retained = topics.map(|topic| {
            let page = self.page(std::slice::from_ref(&topic), 0, usize::MAX);
            let positions = page.entries.iter().map(|stored| stored.position.get());
            (topic, positions.collect())
        });
        retained.collect()
    }

    /// Notes what topics have now, and have not had before.
    fn note_what_came_back(&self, before: &BTreeMap<Topic, BTreeSet<u64>>) {
        let (epoch, mut truth) = (self.head().epoch, self.truth());
        for (topic, positions) in self.retained() {
            for position in positions.difference(&before[&topic]) {
                let fact = truth.facts.get_mut(&(epoch, *position));
                fact.unwrap().came_back.push(topic.clone());
            }
        }
    }
}

impl HubStore for Recorder {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        let answer = self.store.append(batch.clone()).await?;
        let (head, mut truth) = (self.head(), self.truth());
        truth.note_recorded(head);
        for (entry, position) in batch.entries.iter().zip(&answer.positions) {
            let fact = Fact::of(entry);
            let place = (answer.epoch, position.get());
            let stored = truth.facts.entry(place).or_insert_with(|| fact.clone());
            assert_eq!(stored.payload, fact.payload, "a position was given twice");
            assert!(!stored.is_lost, "an answer names a lost position");
        }
        Ok(answer)
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let page = self.store.read(topics, after, limit.min(self.limit));
        let page = page.await?;
        // A store that notices its restarts records them when it is read, too.
        self.truth().note_recorded(page.head);
        Ok(page)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        self.store.tail(after)
    }
}

impl Damage for Recorder {
    type Image = <ModelStore as Damage>::Image;

    fn image(&self) -> Self::Image {
        self.store.image()
    }

    fn restore(&self, image: &Self::Image) {
        let before = self.retained();
        self.store.restore(image);
        self.note_what_came_back(&before);
        let (head, mut truth) = (self.head(), self.truth());
        let mut has_lost = false;
        let after = (head.epoch, head.last.get() + 1);
        for ((epoch, _), fact) in truth.facts.range_mut(after..) {
            if *epoch == head.epoch {
                has_lost |= !fact.is_lost;
                fact.is_lost = true;
            }
        }
        truth.losses += u64::from(has_lost);
        drop(truth);
        self.store.restart();
    }

    fn wipe(&self, epoch: Epoch) {
        self.store.wipe(epoch);
        self.truth().wipes += 1;
    }

    fn trim_tail(&self, keep: usize) {
        self.store.trim_tail(keep);
    }

    fn trim_topic(&self, topic: &Topic, keep: usize) {
        self.store.trim_topic(topic, keep);
    }
}
