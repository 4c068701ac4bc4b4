//! Calls of stores, and what they have returned.

use futures_util::StreamExt;
use tower_sse::store::{
    Appended, Batch, Entry, Epoch, HubStore, Page, Position, PublisherId, Record, StoreError,
    StoredEntry, Tailed, Topic,
};

/// The publisher of all batches, unless a test is about publishers.
pub(crate) const PUBLISHER: PublisherId = PublisherId::new(1);

pub(crate) fn epoch(text: &str) -> Epoch {
    text.parse().unwrap()
}

pub(crate) async fn try_append(
    store: &impl HubStore,
    counter: u64,
    entries: &[Entry],
) -> Result<Appended, StoreError> {
    store.append(Batch::new(PUBLISHER, counter, entries)).await
}

/// Appends a batch of one, which is stored.
pub(crate) async fn append(store: &impl HubStore, counter: u64, entry: Entry) -> Position {
    let appended = try_append(store, counter, &[entry]).await.unwrap();
    appended.positions[0]
}

/// Appends window entries of a topic, each in a batch of its own.
pub(crate) async fn append_to<const N: usize>(
    store: &impl HubStore,
    topic: &str,
    texts: [&'static str; N],
) -> [Position; N] {
    let mut positions = [Position::ZERO; N];
    for (position, text) in positions.iter_mut().zip(texts) {
        let entries = [Entry::window(topic, text)];
        let batch = Batch::new(PublisherId::draw(), 1, &entries);
        *position = store.append(batch).await.unwrap().positions[0];
    }
    positions
}

pub(crate) async fn page(
    store: &impl HubStore,
    topics: &[&str],
    after: Position,
    limit: usize,
) -> Page {
    let topics: Vec<Topic> = topics.iter().map(|topic| (*topic).into()).collect();
    store.read(&topics, after, limit).await.unwrap()
}

/// Reads everything that topics retain.
pub(crate) async fn whole_page(store: &impl HubStore, topics: &[&str]) -> Page {
    page(store, topics, Position::ZERO, 100).await
}

/// Returns the positions and the texts of the entries.
pub(crate) fn events(page: &Page) -> Vec<(Position, &str)> {
    let events = page.entries.iter();
    events
        .map(|stored| (stored.position, text(stored)))
        .collect()
}

pub(crate) fn texts(page: &Page) -> Vec<&str> {
    page.entries.iter().map(text).collect()
}

fn text(stored: &StoredEntry) -> &str {
    std::str::from_utf8(stored.entry.bytes()).unwrap()
}

/// Returns the next records of a new tail.
pub(crate) async fn records(
    store: &impl HubStore,
    after: Option<Position>,
    count: usize,
) -> Vec<Tailed> {
    let records = store.tail(after).take(count);
    records.map(Result::unwrap).collect().await
}

/// Returns the entry of a record.
pub(crate) fn stored(tailed: &Tailed) -> &StoredEntry {
    match &tailed.record {
        Record::Entry(stored) => stored,
        Record::Lost(position) => panic!("a loss at {position:?}"),
    }
}
