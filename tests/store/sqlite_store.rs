//! The store of the example `resume`: what it does beyond the contract.

use std::{
    num::NonZeroU32,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use rusqlite::Transaction;
use tower_sse::store::{Entry, HubStore, Position, StoreError, StoreErrorKind, Tailed};

use crate::{
    database::Database,
    sqlite::{Outbox, SqliteError, SqliteOptions, SqliteStore},
    support::*,
};

fn max_events(max: u32) -> SqliteOptions {
    SqliteOptions {
        max_events: NonZeroU32::new(max).unwrap(),
        ..SqliteOptions::default()
    }
}

fn at(number: u64) -> Position {
    Position::new(number)
}

/// Adds window entries of the topic `a`, as an application does.
fn add(
    outbox: Outbox,
    transaction: &Transaction<'_>,
    texts: &[&'static str],
) -> Result<(), SqliteError> {
    for text in texts {
        outbox.add(transaction, &Entry::window("a", *text))?;
    }
    Ok(())
}

async fn write(store: &SqliteStore, texts: &'static [&'static str]) {
    let outbox = store.outbox();
    let written = store.write(move |transaction| add(outbox, transaction, texts));
    written.await.unwrap();
}

async fn next(
    tail: &mut Pin<&mut impl Stream<Item = Result<Tailed, StoreError>>>,
) -> (u64, String) {
    let tailed = tokio::time::timeout(Duration::from_secs(60), tail.next());
    let tailed = tailed.await.unwrap().unwrap().unwrap();
    let stored = stored(&tailed);
    let text = String::from_utf8(stored.entry.bytes().to_vec()).unwrap();
    (stored.position.get(), text)
}

#[tokio::test]
async fn the_tail_has_what_the_application_adds() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    let mut tail = pin!(store.tail(None));
    write(&store, &["one", "two"]).await;
    assert_eq!(next(&mut tail).await, (1, "one".to_owned()));
    assert_eq!(next(&mut tail).await, (2, "two".to_owned()));
}

#[tokio::test]
async fn a_rollback_leaves_nothing() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    let mut tail = pin!(store.tail(None));
    let outbox = store.outbox();
    let failed = store.write(move |transaction| {
        add(outbox, transaction, &["never"])?;
        transaction.execute("insert into no_such_table values (1)", [])?;
        Ok(())
    });
    failed.await.unwrap_err();
    assert_eq!(whole_page(&store, &["a"]).await.head.last, Position::ZERO);
    write(&store, &["one"]).await;
    assert_eq!(next(&mut tail).await, (1, "one".to_owned()));
}

#[tokio::test]
async fn a_panic_in_a_transaction_leaves_nothing() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    let outbox = store.outbox();
    let failed = store.write(move |transaction| -> Result<(), _> {
        add(outbox, transaction, &["never"])?;
        panic!("on purpose");
    });
    let error = StoreError::from(failed.await.unwrap_err());
    assert_eq!(error.kind(), StoreErrorKind::Unknown);
    write(&store, &["one"]).await;
    assert_eq!(events(&whole_page(&store, &["a"]).await), [(at(1), "one")]);
}

#[tokio::test]
async fn what_is_committed_without_a_wake_up_is_there_after_a_restart() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    write(&store, &["one"]).await;
    let (epoch, outbox) = (whole_page(&store, &[]).await.head.epoch, store.outbox());
    drop(store);

    let mut connection = database.connect();
    let transaction = connection.transaction().unwrap();
    add(outbox, &transaction, &["two"]).unwrap();
    transaction.commit().unwrap();
    drop(connection);

    let store = database.open(SqliteOptions::default()).await;
    let mut tail = pin!(store.tail(Some(at(1))));
    assert_eq!(next(&mut tail).await, (2, "two".to_owned()));
    assert_eq!(whole_page(&store, &[]).await.head.epoch, epoch);
}

#[tokio::test]
async fn the_tail_has_what_another_process_commits() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    let mut tail = pin!(store.tail(Some(Position::ZERO)));
    let (read, ()) = tokio::join!(next(&mut tail), async {
        let mut connection = database.connect();
        let transaction = connection.transaction().unwrap();
        add(store.outbox(), &transaction, &["one"]).unwrap();
        transaction.commit().unwrap();
    });
    assert_eq!(read, (1, "one".to_owned()));
}

#[tokio::test]
async fn the_same_counter_appends_once_after_a_restart() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    let entries = [Entry::window("a", "one"), Entry::window("b", "two")];
    let first = try_append(&store, 7, &entries).await.unwrap();
    drop(store);
    let store = database.open(SqliteOptions::default()).await;
    write(&store, &["three"]).await;
    let second = try_append(&store, 7, &entries).await.unwrap();
    assert_eq!((&second, &second.positions), (&first, &vec![at(1), at(2)]));
    let page = whole_page(&store, &["a", "b"]).await;
    assert_eq!(texts(&page), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_tail_of_many_records_comes_in_order() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    write(&store, &["e"; 250]).await;
    let all = records(&store, Some(at(10)), 240).await;
    let positions: Vec<_> = all.iter().map(|one| one.record.position().get()).collect();
    assert_eq!(positions, (11..=250).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_tail_is_trimmed_from_the_oldest() {
    let database = Database::new();
    let options = SqliteOptions {
        max_records: const { NonZeroU32::new(2).unwrap() },
        ..SqliteOptions::default()
    };
    let store = database.open(options).await;
    write(&store, &["one", "two", "three", "four"]).await;
    let first = &records(&store, Some(Position::ZERO), 1).await[0];
    assert_eq!((first.before, first.record.position()), (at(2), at(3)));
    assert_eq!(stored(first).topic_before, [at(2)]);
    assert_eq!(whole_page(&store, &["a"]).await.entries.len(), 4);
}

#[tokio::test]
async fn a_topic_retains_its_newest_entries() {
    let database = Database::new();
    let store = database.open(max_events(2)).await;
    write(&store, &["1", "2"]).await;
    append(&store, 1, Entry::window("b", "3")).await;
    write(&store, &["4", "5"]).await;
    let whole = whole_page(&store, &["a", "b"]).await;
    assert_eq!(events(&whole), [(at(3), "3"), (at(4), "4"), (at(5), "5")]);
    assert_eq!(whole.starts, [("a".into(), at(2)), ("b".into(), at(0))]);
    let rest = page(&store, &["a"], at(4), 100).await;
    assert_eq!((texts(&rest), rest.start(&"a".into())), (vec!["5"], at(4)));
}

#[tokio::test]
async fn entries_expire_by_age() {
    let database = Database::new();
    let options = SqliteOptions {
        max_age: Some(Duration::from_secs(3600)),
        ..SqliteOptions::default()
    };
    let store = database.open(options).await;
    write(&store, &["1", "2", "3"]).await;
    append(&store, 1, Entry::keyed("keyed", "k", "4")).await;
    // The last of the window entries is nine minutes younger than the maximum.
    let sql = "update history set stored_at = stored_at - iif(position = 3, 3060, 3700)";
    database.connect().execute(sql, []).unwrap();
    let page = whole_page(&store, &["a", "keyed"]).await;
    assert_eq!(texts(&page), ["3", "4"]);
    assert_eq!(page.start(&"a".into()), at(2));

    let sql = "update history set stored_at = stored_at - 600";
    database.connect().execute(sql, []).unwrap();
    let page = whole_page(&store, &["a", "keyed"]).await;
    assert_eq!((texts(&page), page.start(&"a".into())), (vec!["4"], at(3)));
}

#[tokio::test]
async fn a_commit_deletes_what_has_expired() {
    let database = Database::new();
    let options = SqliteOptions {
        max_age: Some(Duration::from_secs(3600)),
        ..SqliteOptions::default()
    };
    let store = database.open(options).await;
    write(&store, &["1", "2"]).await;
    let sql = "update history set stored_at = stored_at - 3700";
    database.connect().execute(sql, []).unwrap();
    append(&store, 1, Entry::window("b", "3")).await;
    let sql = "select group_concat(position) from history";
    let connection = database.connect();
    let left: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(left, "3");

    write(&store, &["4"]).await;
    let page = whole_page(&store, &["a"]).await;
    assert_eq!((texts(&page), page.start(&"a".into())), (vec!["4"], at(2)));
}

#[tokio::test]
async fn a_keyed_topic_starts_at_the_newest_removal_that_was_dropped() {
    let database = Database::new();
    let store = database.open(max_events(1)).await;
    for (counter, key) in [(1, "a"), (2, "b"), (3, "c")] {
        append(&store, counter, Entry::keyed("t", key, "set")).await;
    }
    for (counter, key, start) in [(4, "a", 0), (5, "b", 4), (6, "c", 5)] {
        append(&store, counter, Entry::removal("t", key, "gone")).await;
        let page = whole_page(&store, &["t"]).await;
        assert_eq!(page.start(&"t".into()), at(start), "{key}");
    }
    assert_eq!(events(&whole_page(&store, &["t"]).await), [(at(6), "gone")]);
}

/// Returns the kind of the error of an append.
async fn error(store: &SqliteStore) -> StoreErrorKind {
    let entry = [Entry::window("a", vec![b'e'; 100_000])];
    try_append(store, 1, &entry).await.unwrap_err().kind()
}

async fn set(store: &SqliteStore, pragma: &'static str, value: u32) {
    let set = store.write(move |connection| Ok(connection.pragma_update(None, pragma, value)?));
    set.await.unwrap();
}

#[tokio::test]
async fn a_database_that_another_process_writes_is_unavailable() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    set(&store, "busy_timeout", 1).await;
    let mut connection = database.connect();
    let behavior = rusqlite::TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(behavior).unwrap();
    assert_eq!(error(&store).await, StoreErrorKind::Unavailable);
    // What is committed can be read meanwhile.
    assert_eq!(whole_page(&store, &["a"]).await.entries.len(), 0);
    drop(transaction);
    append(&store, 1, Entry::window("a", "e")).await;
}

#[tokio::test]
async fn a_full_disk_is_full() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    set(&store, "max_page_count", 20).await;
    assert_eq!(error(&store).await, StoreErrorKind::Full);
    append(&store, 1, Entry::window("a", "small")).await;
}

#[tokio::test]
async fn a_database_that_is_read_only_is_read_only() {
    let database = Database::new();
    let store = database.open(SqliteOptions::default()).await;
    set(&store, "query_only", 1).await;
    assert_eq!(error(&store).await, StoreErrorKind::ReadOnly);
}
