//! Pages of a store that is slow, behind, or of another epoch.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, Stream, stream};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::*;
use crate::{
    channel::node::{Seen, SharedExecutor, SharedStore},
    store::{
        Appended, Batch, Entry, Epoch, HubStore, MemoryStore, MemoryStoreOptions, Page, Position,
        PublisherId, StoreError, Tailed, Topic,
    },
    time::SharedTimer,
};

/// A node at a position of the epoch `e`.
struct Node(watch::Sender<Position>);

impl Node {
    fn new(position: u64) -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Position::new(position))))
    }
}

impl NodePlace for Node {
    fn epoch(&self) -> Option<Epoch> {
        Some(epoch("e"))
    }

    fn reached(&self, position: Position) -> impl Future<Output = bool> + Send {
        let mut at = self.0.subscribe();
        async move { at.wait_for(|at| *at >= position).await.is_ok() }
    }
}

/// A store that takes 1 s for a read, and counts how many there are at the same time.
#[derive(Clone)]
struct SlowStore {
    store: MemoryStore,
    /// Whether it reads all that it has, whatever it is asked for.
    reads_all: Arc<AtomicBool>,
    reads: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl HubStore for SlowStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.store.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(reads, Ordering::Relaxed);
        sleep(Duration::from_secs(1)).await;
        self.reads.fetch_sub(1, Ordering::Relaxed);
        let (after, limit) = match self.reads_all.load(Ordering::Relaxed) {
            true => (Position::ZERO, usize::MAX),
            false => (after, limit),
        };
        self.store.read(topics, after, limit).await
    }

    fn tail(&self, _: Option<Position>) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        stream::pending()
    }
}

struct Fixture {
    store: SlowStore,
    pages: Pages,
    seen: Arc<Seen>,
}

/// Makes the pages of a store with so many entries of the topic `a`.
async fn fixture(epoch_of_store: &str, count: usize) -> Fixture {
    let options = MemoryStoreOptions::new().epoch(epoch(epoch_of_store));
    let store = SlowStore {
        store: MemoryStore::new(options),
        reads_all: Arc::default(),
        reads: Arc::default(),
        most: Arc::default(),
    };
    let entries = vec![Entry::window("a", "e"); count];
    let batch = Batch::new(PublisherId::draw(), 1, &entries);
    store.append(batch).await.unwrap();
    let seen = Arc::new(Seen::default());
    let options = PageOptions {
        concurrent: 2,
        entries: 2,
        ..PageOptions::new()
    };
    let pages = Pages::new(
        SharedStore::new(store.clone()),
        Arc::clone(&seen),
        SharedTimer::new(TokioTimer::new()),
        SharedExecutor::new(TokioExecutor::new()),
        options,
    );
    Fixture { store, pages, seen }
}

fn epoch(text: &str) -> Epoch {
    text.parse().unwrap()
}

fn request(after: u64, upto: u64) -> PageRequest {
    PageRequest {
        topics: vec!["a".into()],
        after: Position::new(after),
        epoch: epoch("e"),
        upto: Position::new(upto),
    }
}

#[tokio::test(start_paused = true)]
async fn reads_a_page() {
    let fixture = fixture("e", 3).await;
    let page = fixture.pages.fetch(Node::new(3), request(1, 3)).await;
    let positions = page.unwrap().entries.into_iter().map(|e| e.position.get());
    assert_eq!(positions.collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn drops_what_a_store_returns_beyond_the_request() {
    let fixture = fixture("e", 5).await;
    fixture.store.reads_all.store(true, Ordering::Relaxed);
    let page = fixture.pages.fetch(Node::new(5), request(2, 5)).await;
    let page = page.unwrap();
    let positions = page.entries.into_iter().map(|e| e.position.get());
    assert_eq!(positions.collect::<Vec<_>>(), [3, 4]);
    assert_eq!(page.upto, Position::new(4));
}

#[tokio::test(start_paused = true)]
async fn a_read_goes_on_without_its_reader() {
    let fixture = fixture("e", 3).await;
    let reading = fixture.pages.fetch(Node::new(3), request(1, 3));
    sleep(Duration::from_secs(2)).await;
    assert!(reading.now_or_never().unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_read_ends_with_its_reader() {
    let fixture = fixture("e", 3).await;
    let node = Node::new(0);
    // The start of the page, 3, is above the node, for which the read waits.
    let reading = fixture.pages.fetch(Arc::clone(&node), request(3, 0));
    sleep(Duration::from_secs(2)).await;
    assert_eq!(Arc::strong_count(&node), 2);
    drop(reading);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(Arc::strong_count(&node), 1);
}

#[tokio::test(start_paused = true)]
async fn waits_until_the_node_has_reached_the_starts() {
    let fixture = fixture("e", 3).await;
    let node = Node::new(0);
    let mut reading = pin!(fixture.pages.fetch(Arc::clone(&node), request(3, 0)));
    sleep(Duration::from_secs(2)).await;
    assert!(reading.as_mut().now_or_never().is_none());
    node.0.send_replace(Position::new(3));
    assert!(reading.await.is_some());
}

#[tokio::test(start_paused = true)]
async fn gives_up_at_the_timeout() {
    let fixture = fixture("e", 3).await;
    let start = Instant::now();
    let page = fixture.pages.fetch(Node::new(0), request(3, 0)).await;
    assert!(page.is_none());
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_store_behind_the_node_is_no_answer() {
    let fixture = fixture("e", 3).await;
    let start = Instant::now();
    let page = fixture.pages.fetch(Node::new(4), request(1, 4)).await;
    assert!(page.is_none());
    assert_eq!(start.elapsed().as_secs(), 10);
    // The follower compares the node with the store.
    assert!(fixture.seen.doubted().now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_store_of_another_epoch_is_no_answer() {
    let fixture = fixture("other", 3).await;
    let located = fixture.pages.locate(Node::new(3)).await;
    assert!(located.is_none());
    assert!(fixture.seen.doubted().now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn locates_the_last_position_of_the_store() {
    let fixture = fixture("e", 3).await;
    let head = fixture.pages.locate(Node::new(1)).await.unwrap();
    assert_eq!(head.last, Position::new(3));
}

#[tokio::test(start_paused = true)]
async fn bounds_the_pages_that_are_read_at_the_same_time() {
    let fixture = fixture("e", 3).await;
    let readings = [(); 5].map(|()| fixture.pages.fetch(Node::new(3), request(1, 3)));
    for reading in readings {
        assert!(reading.await.is_some());
    }
    assert_eq!(fixture.store.most.load(Ordering::Relaxed), 2);
}
