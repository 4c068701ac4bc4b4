//! Large entries, many keys, and numbers at their bounds.

use std::{num::NonZeroUsize, time::Duration};

use tower_sse::store::{Batch, Entry, HubStore, Page, Position, PublisherId, StoreErrorKind};
use tower_sse_redis::RedisStore;

use crate::{
    server::Server,
    support::{append, append_to, page, records, stored, texts, try_append, whole_page},
};

fn large(number: u8) -> Entry {
    Entry::window("a", vec![number; Page::MAX_BYTES / 4])
}

fn numbers(page: &Page) -> Vec<u8> {
    page.entries
        .iter()
        .map(|stored| stored.entry.bytes()[0])
        .collect()
}

#[tokio::test]
async fn a_page_is_bounded_in_bytes() {
    let server = Server::start();
    let store = server.store().await;
    let entries: Vec<_> = (1..=9).map(large).collect();
    let positions = try_append(&store, 1, &entries).await.unwrap().positions;
    append_to(&store, "b", ["1"]).await;
    let first = page(&store, &["a", "b"], Position::ZERO, 100).await;
    assert_eq!((numbers(&first), first.upto), (vec![1, 2], positions[1]));
    // Each of two topics has a half of 256 KiB. The later entry of the other topic is not lost, and there is no gap.
    assert_eq!(first.start(&"b".into()), Position::ZERO);
    let last = page(&store, &["a", "b"], positions[7], 100).await;
    assert_eq!((last.entries.len(), last.upto), (2, last.head.last));
}

#[tokio::test]
async fn the_tail_has_large_records() {
    let server = Server::start();
    let store = server.store().await;
    for counter in 1..=40 {
        let entries: Vec<_> = (1..=10).map(large).collect();
        try_append(&store, counter, &entries).await.unwrap();
    }
    let all = records(&store, Some(Position::ZERO), 400).await;
    let numbers = all.iter().map(|tailed| stored(tailed).entry.bytes()[0]);
    assert!(numbers.eq((1..=10).cycle().take(400)));
    // A node begins with 16 MiB: 256 records, which it looks for by 16 and then by 64.
    let newest = records(&store, None, 1).await;
    assert_eq!(
        newest[0].record.position(),
        all[400 - 272].record.position()
    );
}

#[tokio::test]
async fn the_tail_has_a_record_that_is_larger_than_a_part() {
    let server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::window("a", vec![b'x'; 5 << 20])).await;
    append(&store, 2, Entry::window("a", "small")).await;
    let all = records(&store, Some(Position::ZERO), 2).await;
    assert_eq!(stored(&all[1]).entry.bytes(), "small");
}

#[tokio::test]
async fn a_node_begins_with_the_newest_records() {
    let server = Server::start();
    let options = server.options().max_newest(NonZeroUsize::new(150).unwrap());
    let store = RedisStore::connect(options).await.unwrap();
    let entries = vec![Entry::ephemeral("a", "e"); 200];
    let positions = try_append(&store, 1, &entries).await.unwrap().positions;
    let newest = &records(&store, None, 1).await[0];
    assert_eq!(
        (newest.before, newest.record.position()),
        (positions[49], positions[50])
    );
}

#[tokio::test]
async fn many_keys_are_read_by_pages() {
    let server = Server::start();
    let store = server.store().await;
    let entries: Vec<_> = (0..2500)
        .map(|key| Entry::keyed("t", key.to_string(), ""))
        .collect();
    try_append(&store, 1, &entries).await.unwrap();
    let mut pages = Vec::new();
    let mut after = Position::ZERO;
    while after < whole_page(&store, &[]).await.head.last {
        let page = page(&store, &["t"], after, 1200).await;
        after = page.upto;
        pages.push(page.entries.len());
    }
    assert_eq!(pages, [1200, 1200, 100]);
    assert_eq!(
        page(&store, &["t"], Position::ZERO, usize::MAX)
            .await
            .entries
            .len(),
        2500
    );
}

#[tokio::test]
async fn the_sequence_is_carried_into_the_milliseconds() {
    let server = Server::start();
    let store = server.store().await;
    // The clock of the server is behind.
    let () = server
        .run("HSET {tower-sse}:meta last 5000000000000-1048574")
        .await;
    let entries = vec![Entry::window("a", "e"); 3];
    let positions = try_append(&store, 1, &entries).await.unwrap().positions;
    let first = 5_000_000_000_000 << 20 | 1_048_575;
    assert_eq!(positions, [first, first + 1, first + 2].map(Position::new));
    let ids: String = server.run("HGET {tower-sse}:meta last").await;
    assert_eq!(ids, "5000000000001-1");
    let all = records(&store, None, 3).await;
    let found: Vec<_> = all.iter().map(|tailed| tailed.record.position()).collect();
    assert_eq!(found, positions);
}

#[tokio::test]
async fn positions_are_above_entries_that_others_have_added() {
    for part in ["hub", "topic:a"] {
        let server = Server::start();
        let store = server.store().await;
        append(&store, 1, Entry::window("a", "1")).await;
        let () = server
            .run(&format!(
                "XADD {{tower-sse}}:{part} 5000000000000-7 b 0-0 d x"
            ))
            .await;
        let position = append(&store, 2, Entry::window("a", "2")).await;
        assert_eq!(position.get(), 5_000_000_000_000 << 20 | 8, "{part}");
    }
}

#[tokio::test]
async fn positions_follow_the_clock_of_the_server() {
    let server = Server::start();
    let store = server.store().await;
    let [position] = append_to(&store, "a", ["1"]).await;
    let (seconds, _): (u64, u64) = server.run("TIME").await;
    assert!(seconds - (position.get() >> 20) / 1000 <= 2);
}

#[tokio::test]
async fn the_positions_end() {
    let server = Server::start();
    let store = server.store().await;
    let () = server
        .run("HSET {tower-sse}:meta last 8796093022207-1048574")
        .await;
    let entries = vec![Entry::window("a", "e"); 2];
    let error = try_append(&store, 1, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    let last = append(&store, 1, Entry::window("a", "last")).await;
    assert_eq!(last, Position::MAX);
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["last"]);
    assert_eq!(page(&store, &["a"], last, 9).await.entries.len(), 0);
}

#[tokio::test]
async fn options_have_no_upper_bound() {
    let server = Server::start();
    let (max, forever) = (NonZeroUsize::MAX, Duration::MAX);
    let options = server
        .options()
        .max_records(max)
        .max_entries(max)
        .max_age(forever);
    let options = options
        .read_batch(max)
        .max_newest(max)
        .block_timeout(forever);
    let options = options.connect_timeout(forever).response_timeout(forever);
    let store = RedisStore::connect(options).await.unwrap();
    append(&store, 1, Entry::window("a", "1")).await;
    append(&store, 2, Entry::removal("t", "k", "2")).await;
    assert_eq!(texts(&whole_page(&store, &["a", "t"]).await), ["1", "2"]);
    assert_eq!(records(&store, None, 2).await.len(), 2);
}

#[tokio::test]
async fn empty_texts_and_any_bytes_are_kept() {
    let server = Server::start();
    let store = server.store().await;
    let all: Vec<u8> = (0..=255).collect();
    append(&store, 1, Entry::keyed("", "", all.clone())).await;
    append(&store, 2, Entry::window("ü {} : *", "")).await;
    let page = whole_page(&store, &["", "ü {} : *"]).await;
    assert_eq!(page.entries[0].entry.bytes(), &all[..]);
    assert_eq!(
        page.entries[0].entry.kind().key().map(|key| &**key),
        Some("")
    );
    assert_eq!(page.entries[1].entry.bytes(), "");
    let tailed = records(&store, None, 2).await;
    assert_eq!(stored(&tailed[0]).entry, page.entries[0].entry);
    assert_eq!(stored(&tailed[1]).entry, page.entries[1].entry);
}

#[tokio::test]
async fn publishers_are_remembered_for_an_hour() {
    let server = Server::start();
    let store = server.store().await;
    let batch = Batch::new(PublisherId::new(255), 1, &[]);
    store.append(batch).await.unwrap();
    let left: u64 = server
        .run("PTTL {tower-sse}:publisher:00000000000000ff")
        .await;
    assert!((3_590_000..=3_600_000).contains(&left), "{left}");
}
