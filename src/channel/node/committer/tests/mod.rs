//! Publishing in batches, with a slow store.

mod fixture;

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use self::fixture::Fixture;
use super::*;
use crate::store::{Entry, StoreErrorKind};

fn options() -> CommitOptions {
    CommitOptions {
        timeout: Duration::from_secs(1),
        ..CommitOptions::new()
    }
}

fn batches_of(max: usize) -> CommitOptions {
    CommitOptions {
        batch_entries: max,
        ..options()
    }
}

#[tokio::test(start_paused = true)]
async fn gathers_a_batch_while_another_is_appended() {
    let fixture = Fixture::new(batches_of(3));
    let later = async {
        sleep(Duration::from_millis(10)).await;
        join_all(["1", "2", "3", "4"].map(|text| fixture.publish(text))).await
    };
    let (_, committed) = tokio::join!(fixture.publish("0"), later);
    let positions = committed.into_iter().map(|c| c.unwrap().position.get());
    assert_eq!(positions.collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(
        fixture.batches(),
        [vec!["0"], vec!["1", "2", "3"], vec!["4"]]
    );
}

#[tokio::test(start_paused = true)]
async fn bounds_a_batch_in_bytes() {
    let fixture = Fixture::new(CommitOptions {
        batch_bytes: 5,
        ..options()
    });
    join_all(["123", "45", "6", "7890123", "4"].map(|text| fixture.publish(text))).await;
    assert_eq!(
        fixture.batches(),
        [vec!["123", "45"], vec!["6"], vec!["7890123"], vec!["4"]]
    );
}

#[tokio::test(start_paused = true)]
async fn runs_a_task_only_while_something_waits() {
    let fixture = Fixture::new(options());
    for _ in 0..3 {
        fixture.publish("0").await.unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(fixture.executor.running.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_entry_fails_alone() {
    let fixture = Fixture::new(options());
    let entries = ["a", "refused", "a"].map(|topic| Entry::window(topic, "0"));
    let results = join_all(entries.map(|entry| fixture.committer.publish(vec![entry]))).await;
    let is_stored: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(is_stored, [true, false, true]);
    let Err(CommitError::Store(error)) = &results[1] else {
        panic!("{results:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn entries_of_one_publish_are_in_one_batch() {
    let fixture = Fixture::new(batches_of(3));
    let publish = |texts: &[&'static str]| {
        let entries = texts.iter().map(|text| Entry::window("a", *text));
        fixture.committer.publish(entries.collect())
    };
    let (first, second, third) = tokio::join!(
        publish(&["0"]),
        publish(&["1", "2", "3", "4"]),
        publish(&["5", "6"])
    );
    let positions = [first, second, third].map(|one| one.unwrap().position.get());
    assert_eq!(positions, [1, 5, 7]);
    assert_eq!(
        fixture.batches(),
        [vec!["0"], vec!["1", "2", "3", "4"], vec!["5", "6"]]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_publish_fails_as_a_whole() {
    let fixture = Fixture::new(options());
    let publishes = [&["a"][..], &["a", "refused"], &["a", "a"]].map(|topics| {
        let entries = topics.iter().map(|topic| Entry::window(*topic, "0"));
        fixture.committer.publish(entries.collect())
    });
    let results = join_all(publishes).await;
    let is_stored: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(is_stored, [true, false, true]);
    assert_eq!(fixture.batches(), [vec!["0"], vec!["0", "0"]]);
}

#[tokio::test(start_paused = true)]
async fn a_publish_does_not_wait_for_a_task_that_was_dropped() {
    let fixture = Fixture::new(options());
    fixture.executor.is_shut_down.store(true, Ordering::Relaxed);
    let start = Instant::now();
    for _ in 0..2 {
        let failed = fixture.publish("0").await;
        assert!(matches!(failed, Err(CommitError::Store(_))), "{failed:?}");
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    fixture
        .executor
        .is_shut_down
        .store(false, Ordering::Relaxed);
    assert!(fixture.publish("0").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_unpublishes_nothing() {
    // The second event is still queued when the future is dropped.
    let fixture = Fixture::new(batches_of(1));
    let publishes = join_all(["0", "1"].map(|text| fixture.publish(text)));
    assert!(timeout(Duration::from_millis(10), publishes).await.is_err());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fixture.batches().concat(), ["0", "1"]);
}

#[tokio::test(start_paused = true)]
async fn waits_for_room_until_the_timeout() {
    let fixture = Fixture::new(CommitOptions {
        waiting_bytes: 600,
        ..options()
    });
    fixture.fail(Some(StoreErrorKind::Unavailable));
    let start = Instant::now();
    let results = join_all(["0", "1", "2"].map(|text| fixture.publish(text))).await;
    let timed_out = |result: &Result<_, _>| matches!(result, Err(CommitError::TimedOut(_)));
    assert!(results.iter().all(timed_out), "{results:?}");
    assert_eq!(start.elapsed().as_secs(), 1);
    assert!(fixture.batches().is_empty());
}

#[tokio::test(start_paused = true)]
async fn refuses_an_event_that_can_never_have_room() {
    let fixture = Fixture::new(CommitOptions {
        waiting_bytes: 600,
        ..options()
    });
    let large = Entry::window("a", vec![0; 600]);
    assert!(matches!(
        fixture.committer.publish(vec![large]).await,
        Err(CommitError::TooLarge { len: 856, max: 600 })
    ));
}

#[tokio::test(start_paused = true)]
async fn does_not_loop_when_the_store_is_read_only() {
    let fixture = Fixture::new(options());
    fixture.fail(Some(StoreErrorKind::ReadOnly));
    let start = Instant::now();
    assert!(matches!(
        fixture.publish("0").await,
        Err(CommitError::Store(_))
    ));
    assert!(start.elapsed() < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn what_has_timed_out_is_not_stored_later() {
    let fixture = Fixture::new(options());
    fixture.fail(Some(StoreErrorKind::Unavailable));
    let publish = async |text, after| {
        sleep(Duration::from_millis(after)).await;
        fixture.publish(text).await
    };
    // "1" and "2" form a batch when "0" has timed out. It outlives "1", whose time ends in a pause between two
    // attempts: in an attempt the outcome would be unknown.
    let recover = async {
        sleep(Duration::from_millis(1300)).await;
        fixture.fail(None);
    };
    let (first, second, third, ()) = tokio::join!(
        publish("0", 0),
        publish("1", 100),
        publish("2", 900),
        recover
    );
    assert!(matches!(first, Err(CommitError::TimedOut(_))));
    assert!(
        matches!(second, Err(CommitError::TimedOut(Some(_)))),
        "{second:?}"
    );
    assert!(third.is_ok());
    assert_eq!(fixture.batches().concat(), ["2"]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_cut_off_leaves_the_outcome_unknown() {
    let fixture = Fixture::new(CommitOptions {
        timeout: Duration::from_millis(20),
        ..options()
    });
    assert!(matches!(
        fixture.publish("0").await,
        Err(CommitError::Unknown(None))
    ));
}
