//! The faults of the store that fails on purpose.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tower_sse::store::{Batch, Entry, HubStore, Position, Record, StoreErrorKind};

use crate::{
    clock::Clock,
    stores::{Damage, FaultRates, FaultyStore, PlainStore},
    support::*,
};

const ALWAYS: usize = 1000;

struct Fixture {
    plain: PlainStore,
    store: FaultyStore<PlainStore>,
    clock: Clock,
}

fn fixture(seed: u64) -> Fixture {
    let (plain, clock) = (PlainStore::new(epoch("now")), Clock::new());
    let store = FaultyStore::new(plain.clone(), clock.clone(), seed);
    Fixture {
        plain,
        store,
        clock,
    }
}

impl Fixture {
    fn set_rates(&self, rates: FaultRates) {
        self.store.set_rates(rates);
    }

    /// Appends an entry, and returns the kind of the error.
    async fn error(&self, counter: u64) -> Option<StoreErrorKind> {
        let entry = [Entry::window("a", "e")];
        let result = try_append(&self.store, counter, &entry).await;
        result.err().map(|error| error.kind())
    }

    /// Returns the number of entries that are stored.
    async fn count(&self) -> usize {
        whole_page(&self.plain, &["a"]).await.entries.len()
    }
}

#[tokio::test]
async fn fails_before_it_does_anything() {
    let fixture = fixture(1);
    fixture.set_rates(FaultRates {
        unavailable: ALWAYS,
        ..FaultRates::default()
    });
    assert_eq!(fixture.error(1).await, Some(StoreErrorKind::Unavailable));
    let read = fixture.store.read(&[], Position::ZERO, 1).await;
    assert_eq!(read.unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn loses_replies() {
    let fixture = fixture(1);
    fixture.set_rates(FaultRates {
        lost_replies: ALWAYS,
        ..FaultRates::default()
    });
    assert_eq!(fixture.error(1).await, Some(StoreErrorKind::Unknown));
    assert_eq!(fixture.count().await, 1);
    fixture.set_rates(FaultRates::default());
    assert_eq!(fixture.error(1).await, None);
    assert_eq!(fixture.count().await, 1);
}

#[tokio::test]
async fn stores_batches_late() {
    let fixture = fixture(1);
    fixture.set_rates(FaultRates {
        late: ALWAYS,
        ..FaultRates::default()
    });
    assert_eq!(fixture.error(1).await, Some(StoreErrorKind::Unknown));
    assert_eq!(fixture.count().await, 0);
    fixture.store.settle().await;
    assert_eq!(fixture.count().await, 1);
}

#[tokio::test]
async fn a_late_batch_is_refused_after_a_newer_one() {
    let fixture = fixture(1);
    fixture.set_rates(FaultRates {
        late: ALWAYS,
        ..FaultRates::default()
    });
    assert_eq!(fixture.error(1).await, Some(StoreErrorKind::Unknown));
    append(&fixture.plain, 2, Entry::window("a", "newer")).await;
    fixture.store.settle().await;
    assert_eq!(texts(&whole_page(&fixture.plain, &["a"]).await), ["newer"]);
}

#[tokio::test]
async fn delays_calls() {
    let fixture = fixture(1);
    fixture.set_rates(FaultRates {
        delay: Duration::from_millis(10),
        ..FaultRates::default()
    });
    let mut delayed = 0;
    for counter in 1..=20 {
        let mut append = std::pin::pin!(fixture.error(counter));
        while append.as_mut().now_or_never().is_none() {
            delayed += 1;
            fixture.clock.advance(10);
        }
    }
    assert!((5..=40).contains(&delayed), "{delayed}");
    assert_eq!(fixture.count().await, 20);
}

#[tokio::test]
async fn breaks_tails() {
    let fixture = fixture(1);
    append_to(&fixture.plain, "a", ["1", "2"]).await;
    let mut tail = std::pin::pin!(fixture.store.tail(None));
    assert!(tail.next().await.unwrap().is_ok());
    fixture.set_rates(FaultRates {
        broken_tails: ALWAYS,
        ..FaultRates::default()
    });
    let error = tail.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn breaks_tails_on_demand() {
    let fixture = fixture(1);
    let mut tail = std::pin::pin!(fixture.store.tail(None));
    assert!(tail.next().now_or_never().is_none());
    fixture.store.break_tails();
    assert!(tail.next().await.unwrap().is_err());
    assert!(tail.next().await.is_none());
}

#[tokio::test]
async fn a_crash_loses_what_was_not_saved() {
    let fixture = fixture(1);
    let [first] = append_to(&fixture.store, "a", ["1"]).await;
    fixture.store.save();
    let [second] = append_to(&fixture.store, "a", ["2"]).await;
    fixture.store.crash();
    let [third] = append_to(&fixture.store, "a", ["3"]).await;
    assert!(third > second, "a position is given once");
    let page = whole_page(&fixture.plain, &["a"]).await;
    assert_eq!(texts(&page), ["1", "3"]);
    // Nothing in the store shows the loss.
    let last = &records(&fixture.plain, Some(first), 1).await[0];
    assert_eq!(last.before, first);
}

#[tokio::test]
async fn saves_at_random() {
    let fixture = fixture(1);
    fixture.set_rates(FaultRates {
        saves: ALWAYS,
        ..FaultRates::default()
    });
    append_to(&fixture.store, "a", ["1", "2"]).await;
    fixture.store.crash();
    assert_eq!(fixture.count().await, 2);
}

#[tokio::test]
async fn a_node_finds_what_a_crash_has_lost() {
    let fixture = fixture(1);
    let [lost] = append_to(&fixture.store, "a", ["1"]).await;
    fixture.store.crash();
    let batch = Batch::new(PUBLISHER, 1, &[]).seen(Some(epoch("now")), lost);
    fixture.store.append(batch).await.unwrap();
    let all = records(&fixture.plain, None, 1).await;
    assert!(matches!(all[0].record, Record::Lost(at) if at > lost));
}

#[tokio::test]
async fn an_emptied_store_has_another_epoch() {
    let fixture = fixture(1);
    append_to(&fixture.store, "a", ["1"]).await;
    fixture.store.wipe(epoch("later"));
    fixture.store.crash();
    let head = page(&fixture.store, &[], Position::ZERO, 1).await.head;
    assert_eq!((head.epoch, head.last), (epoch("later"), Position::ZERO));
}

#[tokio::test]
async fn a_trimmed_tail_has_a_hole() {
    let fixture = fixture(1);
    let [_, second, third] = append_to(&fixture.store, "a", ["1", "2", "3"]).await;
    fixture.plain.trim_tail(1);
    let first = &records(&fixture.store, None, 1).await[0];
    assert_eq!((first.before, first.record.position()), (second, third));
    assert_eq!(fixture.count().await, 3);
}

#[tokio::test]
async fn a_trimmed_topic_starts_before_its_oldest_entry() {
    let fixture = fixture(1);
    let [_, second, _] = append_to(&fixture.store, "a", ["1", "2", "3"]).await;
    fixture.plain.trim_topic(&"a".into(), 1);
    let page = whole_page(&fixture.store, &["a"]).await;
    assert_eq!(texts(&page), ["3"]);
    assert_eq!(page.start(&"a".into()), second);
}

#[tokio::test]
async fn a_trimmed_keyed_topic_starts_at_the_removal_that_was_dropped() {
    let fixture = fixture(1);
    append(&fixture.store, 1, Entry::keyed("t", "a", "a1")).await;
    let dropped = append(&fixture.store, 2, Entry::removal("t", "b", "")).await;
    fixture.plain.trim_topic(&"t".into(), 0);
    let page = whole_page(&fixture.store, &["t"]).await;
    assert_eq!(texts(&page), ["a1"]);
    assert_eq!(page.start(&"t".into()), dropped);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let mut histories = Vec::new();
    for seed in [5, 5, 6] {
        let fixture = fixture(seed);
        fixture.set_rates(FaultRates {
            unavailable: 300,
            lost_replies: 300,
            late: 300,
            ..FaultRates::default()
        });
        let mut history = Vec::new();
        for counter in 1..=30 {
            history.push(fixture.error(counter).await);
        }
        histories.push(history);
    }
    assert_eq!(histories[0], histories[1]);
    assert_ne!(histories[0], histories[2]);
}
