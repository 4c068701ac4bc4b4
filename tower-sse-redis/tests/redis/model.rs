//! Random calls of a store in Redis and of one in memory, which must answer the same.

use std::{collections::BTreeMap, env};

use futures_util::StreamExt;
use tower_sse::store::{
    Appended, Batch, Entry, HubStore, MemoryStore, MemoryStoreOptions, Page, Position, PublisherId,
    Record, StoreError, StoreErrorKind, StoredEntry, Tailed, Topics,
};
use tower_sse_redis::RedisStore;

use crate::{random::Random, server::Server};

/// The first three are window topics, the others are keyed.
const TOPICS: [&str; 5] = ["a", "b", "c", "x", "y"];
const STEPS: usize = 200;

struct Model {
    redis: RedisStore,
    memory: MemoryStore,
    random: Random,
    /// The positions in memory of those in Redis.
    places: BTreeMap<Position, Position>,
    counters: [u64; 3],
    last_batches: [Vec<Entry>; 3],
}

#[tokio::test]
async fn answers_as_the_store_in_memory_does() {
    let seeds = env::var("REDIS_SEEDS").map_or(20, |seeds| seeds.parse().unwrap());
    let server = Server::start();
    for seed in 0..seeds {
        println!("seed {seed}");
        let prefix = format!("seed {seed}");
        let options = server.options().prefix(&prefix).unwrap();
        let mut model = Model {
            redis: RedisStore::connect(options).await.unwrap(),
            memory: MemoryStore::new(MemoryStoreOptions::new()),
            random: Random::new(seed),
            places: BTreeMap::from([(Position::ZERO, Position::ZERO)]),
            counters: [0; 3],
            last_batches: Default::default(),
        };
        for _ in 0..STEPS {
            model.step().await;
        }
        model.compare_tails().await;
    }
}

impl Model {
    async fn step(&mut self) {
        match self.random.below(10) {
            0..=4 => self.append().await,
            5 => self.append_again().await,
            6 => self.lose().await,
            _ => self.read().await,
        }
    }

    async fn append(&mut self) {
        let publisher = self.random.below(3);
        let count = self.random.below(8);
        let entries: Vec<_> = (0..count).map(|_| self.entry()).collect();
        self.counters[publisher] += 1;
        self.last_batches[publisher] = entries;
        self.append_batch(publisher, self.counters[publisher], Position::ZERO)
            .await;
    }

    /// Appends the newest batch of a publisher again, or a batch that comes late.
    async fn append_again(&mut self) {
        let publisher = self.random.below(3);
        let counter = self.counters[publisher];
        self.append_batch(publisher, counter, Position::ZERO).await;
        if self.random.below(2) == 0 {
            // If the newest one was refused, it may be that one.
            self.last_batches[publisher].clear();
            self.append_batch(publisher, counter.saturating_sub(1), Position::ZERO)
                .await;
        }
    }

    /// Appends a batch of a node that knows of a later position.
    async fn lose(&mut self) {
        let publisher = self.random.below(3);
        self.counters[publisher] += 1;
        self.last_batches[publisher] = vec![self.entry()];
        let above = Position::new(self.random.below(3) as u64);
        self.append_batch(publisher, self.counters[publisher], above)
            .await;
    }

    fn entry(&mut self) -> Entry {
        let text = self.random.below(1000).to_string();
        let key = self.random.below(6).to_string();
        let keyed = TOPICS[3 + self.random.below(2)];
        let mut topics = Topics::from(TOPICS[self.random.below(3)]);
        if self.random.below(3) == 0 {
            topics.extend([TOPICS[self.random.below(3)]]);
        }
        match self.random.below(12) {
            0..=4 => Entry::window(topics, text),
            5..=7 => Entry::keyed(keyed, key, text),
            8..=9 => Entry::removal(keyed, key, text),
            10 => Entry::ephemeral(TOPICS[self.random.below(5)], text),
            // Of the other kind now and then.
            _ if self.random.below(3) == 0 => Entry::window(keyed, text),
            _ => Entry::ephemeral(topics, text),
        }
    }

    async fn append_batch(&mut self, publisher: usize, counter: u64, above: Position) {
        let entries = &self.last_batches[publisher];
        let publisher = PublisherId::new(publisher as u64);
        let heads = (head(&self.redis).await, head(&self.memory).await);
        let batch = |(epoch, last): (_, Position)| {
            let seen = Position::new(last.get() + above.get());
            Batch::new(publisher, counter, entries).seen(Some(epoch), seen)
        };
        let redis = self.redis.append(batch(heads.0)).await;
        let memory = self.memory.append(batch(heads.1)).await;
        self.compare_answers(redis, memory);
        // The mark of a loss has a position, too.
        let lost = (lost(&self.redis).await, lost(&self.memory).await);
        self.places.insert(lost.0, lost.1);
    }

    fn compare_answers(
        &mut self,
        redis: Result<Appended, StoreError>,
        memory: Result<Appended, StoreError>,
    ) {
        match (redis, memory) {
            (Ok(redis), Ok(memory)) => {
                assert_eq!(redis.positions.len(), memory.positions.len());
                self.places
                    .extend(redis.positions.into_iter().zip(memory.positions));
            }
            (Err(redis), Err(memory)) => {
                assert_eq!(redis.kind(), StoreErrorKind::Refused, "{redis:?}");
                assert_eq!(memory.kind(), StoreErrorKind::Refused, "{memory:?}");
            }
            (redis, memory) => panic!("{redis:?} and {memory:?}"),
        }
    }

    async fn read(&mut self) {
        let first = self.random.below(TOPICS.len());
        let count = self.random.below(TOPICS.len() - first + 1);
        let topics = TOPICS[first..first + count]
            .iter()
            .map(|topic| (*topic).into());
        let topics: Vec<_> = topics.collect();
        let limit = 1 + self.random.below(12);
        let places: Vec<_> = self.places.iter().collect();
        let (of_redis, of_memory) = places[self.random.below(places.len())];
        let redis = self.redis.read(&topics, *of_redis, limit).await.unwrap();
        let memory = self.memory.read(&topics, *of_memory, limit).await.unwrap();
        assert_eq!(
            self.short(&redis),
            short(&memory, Some),
            "{topics:?} {of_memory:?} {limit}"
        );
    }

    fn short(&self, page: &Page) -> String {
        short(page, |position| self.places.get(&position).copied())
    }

    async fn compare_tails(&self) {
        let count = self.places.len() - 1;
        let redis: Vec<_> = self.redis.tail(None).take(count).collect().await;
        let memory: Vec<_> = self.memory.tail(None).take(count).collect().await;
        for (redis, memory) in redis.into_iter().zip(memory) {
            let place = |position| self.places.get(&position).copied();
            assert_eq!(
                record(&redis.unwrap(), place),
                record(&memory.unwrap(), Some)
            );
        }
        let last = *self.places.keys().max().unwrap();
        let (_, newest) = head(&self.redis).await;
        assert_eq!(newest, last, "there is nothing else");
    }
}

async fn head(store: &impl HubStore) -> (tower_sse::store::Epoch, Position) {
    let head = store.read(&[], Position::ZERO, 1).await.unwrap().head;
    (head.epoch, head.last)
}

async fn lost(store: &impl HubStore) -> Position {
    store.read(&[], Position::ZERO, 1).await.unwrap().head.lost
}

/// Returns what a page has, with the positions in memory.
fn short(page: &Page, place: impl Fn(Position) -> Option<Position>) -> String {
    let entries = page.entries.iter().map(|stored| entry(stored, &place));
    let entries: Vec<_> = entries.collect();
    let starts = page
        .starts
        .iter()
        .map(|(topic, start)| (topic, place(*start)));
    let starts: Vec<_> = starts.collect();
    let (last, lost) = (place(page.head.last), place(page.head.lost));
    format!(
        "{entries:?} {starts:?} upto {:?} {last:?} {lost:?}",
        place(page.upto)
    )
}

fn entry(stored: &StoredEntry, place: &impl Fn(Position) -> Option<Position>) -> String {
    let before = stored.topic_before.iter().map(|before| place(*before));
    let before: Vec<_> = before.collect();
    format!("{:?} {:?} {before:?}", place(stored.position), stored.entry)
}

fn record(tailed: &Tailed, place: impl Fn(Position) -> Option<Position>) -> String {
    let before = place(tailed.before);
    match &tailed.record {
        Record::Entry(stored) => format!("{before:?} {}", entry(stored, &place)),
        Record::Lost(position) => format!("{before:?} lost {:?}", place(*position)),
    }
}
