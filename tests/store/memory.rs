//! The bounds of the store in memory.

use std::{num::NonZeroUsize, time::Duration};

use tower_sse::store::{
    Batch, Entry, HubStore, MemoryStore, MemoryStoreOptions, Position, PublisherId, StoreErrorKind,
};

use crate::{clock::Clock, support::*};

fn options() -> MemoryStoreOptions {
    MemoryStoreOptions::with_timer(Clock::new())
}

fn max(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

#[tokio::test]
async fn a_topic_starts_before_its_oldest_entry() {
    let store = MemoryStore::new(options().max_entries(max(2)));
    let [_, second, _, fourth] = append_to(&store, "a", ["1", "2", "3", "4"]).await;
    let whole = whole_page(&store, &["a"]).await;
    assert_eq!(texts(&whole), ["3", "4"]);
    assert_eq!(whole.start(&"a".into()), second);
    let rest = page(&store, &["a"], fourth, 100).await;
    assert_eq!(rest.start(&"a".into()), fourth);
}

#[tokio::test]
async fn a_topic_is_bounded_in_bytes() {
    let store = MemoryStore::new(options().max_bytes(max(10)));
    let [_, second, _, _] = append_to(&store, "a", ["12345", "1234", "12345", "12345"]).await;
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(texts(&page), ["12345", "12345"]);
    assert_eq!(page.start(&"a".into()), second);
}

#[tokio::test]
async fn the_tail_is_bounded_in_bytes() {
    let store = MemoryStore::new(options().max_bytes(max(10)));
    append(&store, 1, Entry::ephemeral("a", "12345")).await;
    let [first, second] = append_to(&store, "b", ["123456", "1234"]).await;
    let all = records(&store, None, 2).await;
    let positions = all.iter().map(|tailed| tailed.record.position());
    assert_eq!(positions.collect::<Vec<_>>(), [first, second]);
}

#[tokio::test]
async fn an_event_that_is_larger_than_a_topic_is_refused() {
    let store = MemoryStore::new(options().max_bytes(max(10)));
    let entries = [
        Entry::window("a", "1"),
        Entry::ephemeral("a", "12345678901"),
    ];
    let error = try_append(&store, 1, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(whole_page(&store, &["a"]).await.entries.len(), 0);
}

#[tokio::test]
async fn a_keyed_topic_is_full_when_it_has_no_room_for_bytes() {
    let store = MemoryStore::new(options().max_bytes(max(10)));
    append(&store, 1, Entry::keyed("t", "a", "123456")).await;
    let entry = [Entry::keyed("t", "b", "12345")];
    let error = try_append(&store, 2, &entry).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    // A replaced entry makes room.
    append(&store, 2, Entry::keyed("t", "a", "12345")).await;
    append(&store, 3, Entry::keyed("t", "b", "12345")).await;
}

#[tokio::test]
async fn a_full_keyed_topic_refuses_another_key() {
    let store = MemoryStore::new(options().max_entries(max(2)));
    let keyed = |key: &str, text: &'static str| Entry::keyed("t", key, text);
    append(&store, 1, keyed("a", "a1")).await;
    append(&store, 2, keyed("b", "b1")).await;
    let another = [keyed("a", "a2"), keyed("c", "c1")];
    let error = try_append(&store, 3, &another).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert_eq!(texts(&whole_page(&store, &["t"]).await), ["a1", "b1"]);
}

#[tokio::test]
async fn a_removal_makes_room_for_another_key_of_the_same_batch() {
    let store = MemoryStore::new(options().max_entries(max(1)));
    append(&store, 1, Entry::keyed("t", "a", "a1")).await;
    let entries = [
        Entry::removal("t", "a", "gone"),
        Entry::keyed("t", "b", "b1"),
    ];
    try_append(&store, 2, &entries).await.unwrap();
    assert_eq!(texts(&whole_page(&store, &["t"]).await), ["gone", "b1"]);
}

#[tokio::test]
async fn a_keyed_topic_starts_at_the_newest_removal_that_was_dropped() {
    let store = MemoryStore::new(options().max_entries(max(1)));
    let first = append(&store, 1, Entry::removal("t", "a", "a")).await;
    append(&store, 2, Entry::removal("t", "b", "b")).await;
    let page = whole_page(&store, &["t"]).await;
    assert_eq!(texts(&page), ["b"]);
    assert_eq!(page.start(&"t".into()), first);
}

#[tokio::test]
async fn entries_expire_by_age() {
    let clock = Clock::new();
    let options = MemoryStoreOptions::with_timer(clock.clone());
    let store = MemoryStore::new(options.max_age(Duration::from_millis(100)));
    let [first] = append_to(&store, "a", ["1"]).await;
    clock.advance(60);
    let [second] = append_to(&store, "a", ["2"]).await;
    clock.advance(60);
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(events(&page), [(second, "2")]);
    assert_eq!(page.start(&"a".into()), first);
    clock.advance(60);
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(page.entries.len(), 0);
    assert_eq!((page.start(&"a".into()), page.upto), (second, second));
}

#[tokio::test]
async fn entries_of_keyed_topics_do_not_expire() {
    let clock = Clock::new();
    let options = MemoryStoreOptions::with_timer(clock.clone());
    let store = MemoryStore::new(options.max_age(Duration::from_millis(100)));
    append(&store, 1, Entry::keyed("t", "a", "a1")).await;
    clock.advance(1_000_000);
    assert_eq!(texts(&whole_page(&store, &["t"]).await), ["a1"]);
}

#[tokio::test]
async fn the_topic_that_was_idle_for_the_longest_makes_room() {
    let store = MemoryStore::new(options().max_topics(max(2)));
    append_to(&store, "a", ["a1"]).await;
    let [of_b] = append_to(&store, "b", ["b1"]).await;
    append_to(&store, "a", ["a2"]).await;
    append_to(&store, "c", ["c1"]).await;
    let page = whole_page(&store, &["a", "b", "c"]).await;
    assert_eq!(texts(&page), ["a1", "a2", "c1"]);
    assert_eq!(page.start(&"a".into()), Position::ZERO);
    assert_eq!(page.start(&"b".into()), of_b);
}

#[tokio::test]
async fn a_topic_that_comes_back_starts_at_what_was_dropped() {
    let store = MemoryStore::new(options().max_topics(max(1)));
    let [of_a] = append_to(&store, "a", ["a1"]).await;
    let [of_b] = append_to(&store, "b", ["b1"]).await;
    append_to(&store, "a", ["a2"]).await;
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(texts(&page), ["a2"]);
    assert!(page.start(&"a".into()) >= of_a);
    assert_eq!(page.start(&"a".into()), of_b);
}

#[tokio::test]
async fn keyed_topics_do_not_make_room() {
    let store = MemoryStore::new(options().max_topics(max(1)));
    append(&store, 1, Entry::keyed("t", "a", "a1")).await;
    for another in [Entry::window("a", ""), Entry::keyed("u", "k", "")] {
        let error = try_append(&store, 2, &[another]).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Full);
    }
    append(&store, 2, Entry::keyed("t", "a", "a2")).await;
}

#[tokio::test]
async fn a_trimmed_tail_names_the_position_before_its_first_record() {
    let store = MemoryStore::new(options().max_records(max(2)));
    let [_, second, third, _] = append_to(&store, "a", ["1", "2", "3", "4"]).await;
    let first = &records(&store, None, 1).await[0];
    assert_eq!((first.before, first.record.position()), (second, third));
    assert_eq!(stored(first).topic_before, [second]);
}

#[tokio::test]
async fn a_bounded_number_of_publishers_is_remembered() {
    let store = MemoryStore::new(options().max_publishers(max(2)));
    let entries = [Entry::window("a", "e")];
    for publisher in [1, 2, 3, 2, 1] {
        let batch = Batch::new(PublisherId::new(publisher), 1, &entries);
        store.append(batch).await.unwrap();
    }
    // The second batch of 2 was stored before, the second one of 1 was not remembered.
    assert_eq!(whole_page(&store, &["a"]).await.entries.len(), 4);
}

#[tokio::test]
async fn stores_have_different_epochs() {
    let [first, second] = [(); 2].map(|()| MemoryStore::new(options()));
    let first = page(&first, &[], Position::ZERO, 1).await.head.epoch;
    let second = page(&second, &[], Position::ZERO, 1).await.head.epoch;
    assert_ne!(first, second);
}
