//! The bounds of pages, and stores that do not keep to them.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::Stream;
use tower_sse::{
    Event, Hub, KeyPolicy,
    store::{Appended, Batch, HubStore, MemoryStore, Page, Position, StoreError, Tailed, Topic},
};

use crate::support::{id, open, options, pause, publish, read, rest, store};

/// A store whose pages a test changes, and looks at.
#[derive(Clone)]
struct Paged {
    store: MemoryStore,
    change: fn(&mut Page, Position),
    limit: Option<usize>,
    /// The bytes of each page that has entries.
    lens: Arc<Mutex<Vec<usize>>>,
}

impl Paged {
    fn new(change: fn(&mut Page, Position)) -> Self {
        Self {
            store: store(),
            change,
            limit: None,
            lens: Arc::default(),
        }
    }
}

impl HubStore for Paged {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.store.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let limit = self.limit.unwrap_or(limit);
        let mut page = self.store.read(topics, after, limit).await?;
        if !topics.is_empty() {
            (self.change)(&mut page, after);
        }
        let lens = page.entries.iter().map(|one| one.entry.bytes().len());
        let len: usize = lens.sum();
        if len > 0 {
            self.lens.lock().unwrap().push(len);
        }
        Ok(page)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        self.store.tail(after)
    }
}

/// Returns texts of a length in KiB.
fn texts(count: usize, kib: usize) -> Vec<String> {
    let numbers = 0..count;
    numbers
        .map(|number| format!("{number} ") + &"x".repeat(kib << 10))
        .collect()
}

/// Reads everything after the first text, which the memory of the hub holds no more than two of.
async fn resumed(store: &Paged, texts: &[String]) -> Vec<String> {
    let hub = open(store, 2).await;
    let first = publish(&hub, "news", &texts[0]).await;
    for text in &texts[1..] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    read(&mut resumed, texts.len() - 1).await
}

#[tokio::test(start_paused = true)]
async fn a_page_is_bounded_in_bytes() {
    let (store, texts) = (Paged::new(|_, _| ()), texts(20, 60));
    assert_eq!(resumed(&store, &texts).await, texts[1..]);
    let lens = store.lens.lock().unwrap().clone();
    assert!(lens.iter().all(|len| *len <= 256 << 10), "{lens:?}");
    assert!(lens.len() < 8, "{lens:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_larger_than_the_bound_is_a_page_of_its_own() {
    let (store, texts) = (Paged::new(|_, _| ()), texts(6, 300));
    assert_eq!(resumed(&store, &texts).await, texts[1..]);
    let lens = store.lens.lock().unwrap().clone();
    assert!(lens.iter().all(|len| *len < 301 << 10), "{lens:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_may_return_more_than_it_was_asked_for() {
    let mut store = Paged::new(|page, _| {
        let first = page.entries.first().cloned();
        page.entries.extend(first);
    });
    store.limit = Some(usize::MAX);
    let texts = texts(900, 0);
    assert_eq!(resumed(&store, &texts).await, texts[1..]);
}

#[tokio::test(start_paused = true)]
async fn a_store_may_return_what_the_reader_has() {
    async fn all(store: &MemoryStore) -> Page {
        store
            .read(&["news".into()], Position::ZERO, 600)
            .await
            .unwrap()
    }
    let texts = texts(600, 0);
    let mut store = Paged::new(|_, _| ());
    assert_eq!(resumed(&store, &texts).await, texts[1..]);
    assert_eq!(all(&store.store).await.entries.len(), 600);
    store.change = |page, after| {
        let mut earlier = page.entries.clone();
        earlier.retain(|one| one.position <= after.next());
        page.entries.splice(0..0, earlier);
    };
    let hub = open(&store, 2).await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    assert_eq!(read(&mut replay, 600).await, texts);
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_nowhere_are_a_gap_in_the_end() {
    let store = Paged::new(|page, after| {
        page.entries.clear();
        page.upto = after;
    });
    let hub = open(&store, 2).await;
    let first = publish(&hub, "news", "0").await;
    for text in ["1", "2", "3"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let begin = tokio::time::Instant::now();
    let mut resumed = hub.resume(["news"], id(&first).as_ref()).await.unwrap();
    let got = read(&mut resumed, 3).await;
    assert!(got[0].starts_with("gap "), "{got:?}");
    assert_eq!(got[1..], ["2", "3"]);
    assert!(begin.elapsed() >= Duration::from_secs(9));
    assert_eq!(rest(&mut resumed).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn keys_are_loaded_in_pages() {
    let (store, texts) = (Paged::new(|_, _| ()), texts(12, 60));
    let options = || {
        let keys = NonZeroUsize::new(50).unwrap();
        options(8).each(move |_, options| options.keyed(keys, KeyPolicy::reject()))
    };
    let one = Hub::open(store.clone(), options()).await.unwrap();
    let prices = one.keyed_channel("prices").unwrap();
    for text in &texts {
        let (key, _) = text.split_once(' ').unwrap();
        prices.publish(key, Event::new(text.clone())).await.unwrap();
    }
    store.lens.lock().unwrap().clear();
    let other = Hub::open(store.clone(), options()).await.unwrap();
    let mut snapshot = other
        .keyed_channel::<Event>("prices")
        .unwrap()
        .resume(None)
        .await;
    assert_eq!(read(&mut snapshot, 13).await[1..], texts);
    let lens = store.lens.lock().unwrap().clone();
    assert!(lens.iter().all(|len| *len <= 256 << 10), "{lens:?}");
    assert_eq!(lens.len(), 3, "{lens:?}");
}
