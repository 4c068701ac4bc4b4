//! Following a store that is trimmed, emptied, and loses records.

mod stores;

use std::{
    future::pending,
    num::NonZeroUsize,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use hyper_util::rt::TokioTimer;
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};

use self::stores::{Hanging, Server, TwoFaced};
use super::*;
use crate::{
    channel::node::{Seen, SharedStore},
    store::{
        Appended, Batch, Entry, Epoch, HubStore, MemoryStore, MemoryStoreOptions, Position,
        PublisherId, StoreError, StoredEntry,
    },
    time::SharedTimer,
};

/// Writes down what the follower says.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn note(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }
}

impl NodeLog for Notes {
    fn begin(&self, epoch: Epoch, base: Position) {
        self.note(format!("begin {epoch} {}", base.get()));
    }

    fn hole(&self, base: Position) {
        self.note(format!("hole {}", base.get()));
    }

    fn append(&self, stored: &StoredEntry) {
        self.note(format!("append {}", stored.position.get()));
    }

    fn advance(&self, to: Position) {
        self.note(format!("advance {}", to.get()));
    }

    fn lost(&self, at: Position) {
        // Each comparison says what the store has recorded, mostly nothing or the same again.
        let note = format!("lost {}", at.get());
        if at > Position::ZERO && !self.0.lock().unwrap().contains(&note) {
            self.note(note);
        }
    }

    fn caught_up(&self) {
        self.note("caught up".into());
    }

    fn silent(&self) {}

    fn failed(&self, error: &StoreError) {
        self.note(error.to_string());
    }

    fn recovered(&self) {
        self.note("recovered".into());
    }
}

struct Fixture {
    server: Server,
    notes: Arc<Notes>,
    seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Fixture {
    /// Starts a follower.
    fn new(store: &MemoryStore) -> Self {
        let server = Server::default();
        server.replace(Some(store.clone()));
        let (notes, seen) = (Arc::default(), Arc::default());
        let follower = Follower::new(
            SharedStore::new(server.clone()),
            Arc::clone(&notes),
            Arc::clone(&seen),
            SharedTimer::new(TokioTimer::new()),
            FollowOptions::new(),
        );
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(follower.run(async {
            let _ = stopped.await;
        }));
        Self {
            server,
            notes,
            seen,
            stop: Some(stop),
            task,
        }
    }

    /// Returns what the follower has said since the last call, after some time.
    async fn notes(&self, millis: u64) -> Vec<String> {
        sleep(Duration::from_millis(millis)).await;
        std::mem::take(&mut *self.notes.0.lock().unwrap())
    }
}

fn store(epoch: &str) -> MemoryStore {
    MemoryStore::new(options(epoch))
}

fn options(epoch: &str) -> MemoryStoreOptions {
    MemoryStoreOptions::new().epoch(epoch.parse().unwrap())
}

/// Appends so many entries, which another node has published.
async fn append(store: &MemoryStore, count: usize) -> Appended {
    let entries = vec![Entry::window("a", "e"); count];
    let batch = Batch::new(PublisherId::draw(), 1, &entries);
    store.append(batch).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn follows_a_store_from_its_first_record() {
    let store = store("e");
    let fixture = Fixture::new(&store);
    assert_eq!(fixture.notes(1).await, ["begin e 0", "caught up"]);
    append(&store, 2).await;
    assert_eq!(fixture.notes(1).await, ["append 1", "append 2"]);
}

#[tokio::test(start_paused = true)]
async fn begins_with_what_the_tail_retains() {
    let two = NonZeroUsize::new(2).unwrap();
    let store = MemoryStore::new(options("e").max_records(two));
    append(&store, 5).await;
    let fixture = Fixture::new(&store);
    let notes = ["begin e 3", "append 4", "append 5", "caught up"];
    assert_eq!(fixture.notes(1).await, notes);
}

#[tokio::test(start_paused = true)]
async fn goes_on_after_a_hole() {
    let two = NonZeroUsize::new(2).unwrap();
    let store = MemoryStore::new(options("e").max_records(two));
    let fixture = Fixture::new(&store);
    fixture.notes(1).await;
    // The follower does not run in between.
    append(&store, 5).await;
    let notes = ["hole 3", "append 4", "append 5"];
    assert_eq!(fixture.notes(1).await, notes);
}

#[tokio::test(start_paused = true)]
async fn tries_again_while_the_store_is_unavailable() {
    let store = store("e");
    let fixture = Fixture::new(&store);
    fixture.server.replace(None);
    let notes = fixture.notes(40).await;
    assert!(notes.len() >= 2, "{notes:?}");
    assert!(notes.iter().all(|note| note == "the store is unavailable"));
    fixture.server.replace(Some(store));
    assert_eq!(fixture.notes(2_000).await.last().unwrap(), "caught up");
    assert_eq!(fixture.notes(5_000).await, ["recovered"]);
}

#[tokio::test(start_paused = true)]
async fn begins_another_epoch_when_the_store_was_emptied() {
    let old = store("old");
    append(&old, 3).await;
    let fixture = Fixture::new(&old);
    fixture.notes(1).await;
    let new = store("new");
    append(&new, 2).await;
    fixture.server.replace(Some(new));
    assert_eq!(fixture.notes(4_000).await, [""; 0]);
    let notes = ["begin new 0", "append 1", "append 2", "caught up"];
    assert_eq!(fixture.notes(2_000).await, notes);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_epoch_is_looked_into_at_once() {
    let fixture = Fixture::new(&store("old"));
    fixture.notes(1).await;
    let new = store("new");
    fixture.server.replace(Some(new.clone()));
    fixture.seen.acknowledge(&append(&new, 1).await);
    let notes = ["begin new 0", "append 1", "caught up"];
    assert_eq!(fixture.notes(20).await, notes);
}

#[tokio::test(start_paused = true)]
async fn records_what_the_store_has_lost() {
    let before = store("e");
    append(&before, 3).await;
    let fixture = Fixture::new(&before);
    fixture.notes(1).await;
    let after = store("e");
    append(&after, 1).await;
    fixture.server.replace(Some(after.clone()));
    // The store is behind, so it marks a loss above all that the node knows. The old tail is silent.
    assert_eq!(fixture.notes(6_000).await, [""; 0]);
    append(&after, 1).await;
    let notes = fixture.notes(6_000).await;
    assert_eq!(notes, ["lost 4", "hole 1", "advance 4", "append 5"]);
    assert_eq!(fixture.seen.lost(), None);
}

#[tokio::test(start_paused = true)]
async fn ends_when_it_is_stopped() {
    let mut fixture = Fixture::new(&store("e"));
    fixture.notes(1).await;
    assert!(!fixture.task.is_finished());
    drop(fixture.stop.take());
    fixture.notes(1).await;
    assert!(fixture.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_times_out() {
    let notes = Arc::new(Notes::default());
    let follower = Follower::new(
        SharedStore::new(Hanging),
        Arc::clone(&notes),
        Arc::default(),
        SharedTimer::new(TokioTimer::new()),
        FollowOptions::new(),
    );
    tokio::spawn(follower.run(pending()));
    sleep(Duration::from_millis(5_001)).await;
    assert_eq!(
        *notes.0.lock().unwrap(),
        ["the outcome at the store is unknown"]
    );
}

#[tokio::test(start_paused = true)]
async fn does_not_reconnect_all_the_time_while_tail_and_reads_contradict_each_other() {
    let store = TwoFaced {
        read: store("one"),
        tail: store("other"),
        reads: Arc::default(),
    };
    append(&store.tail, 1).await;
    let notes = Arc::new(Notes::default());
    let follower = Follower::new(
        SharedStore::new(store.clone()),
        Arc::clone(&notes),
        Arc::default(),
        SharedTimer::new(TokioTimer::new()),
        FollowOptions::new(),
    );
    tokio::spawn(follower.run(pending()));
    sleep(Duration::from_secs(60)).await;
    let reads = store.reads.load(Ordering::Relaxed);
    assert!(reads < 100, "{reads}");
    let notes = notes.0.lock().unwrap().clone();
    assert_eq!(notes.last().unwrap(), "the store is unavailable");
    // The record of the other epoch has the position that comes next, but is no record of this one.
    assert!(!notes.contains(&"append 1".into()), "{notes:?}");
}
