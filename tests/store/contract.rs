//! What every store does. Positions are those of the answers, because stores number as they like. The tests of
//! `tower-sse-redis` have this file too.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::timeout;
use tower_sse::store::{
    Batch, Entry, EntryKind, HubStore, Position, PublisherId, Record, StoreErrorKind, Tailed,
    Topics,
};

use crate::support::*;

/// Makes a test of each promise, with a store of the epoch `now` for each.
macro_rules! contract {
    ($store:expr) => {
        $crate::contract::tests! {
            $store;
            positions_increase,
            the_same_counter_appends_once,
            an_older_counter_is_refused,
            counters_of_publishers_are_apart,
            a_batch_is_stored_as_a_whole_or_not_at_all,
            a_page_without_topics_has_the_head,
            a_page_has_the_entries_above_a_position,
            a_page_has_each_entry_once,
            a_page_is_complete_up_to_the_end_of_the_store,
            a_page_ends_where_a_topic_was_cut_short,
            a_page_ends_at_its_limit,
            pages_that_follow_each_other_have_everything,
            a_topic_without_entries_starts_at_zero,
            a_keyed_topic_has_the_newest_entry_of_each_key,
            a_keyed_topic_has_removals,
            a_keyed_topic_starts_at_zero_while_it_has_all_removals,
            a_topic_is_keyed_or_not,
            an_ephemeral_entry_is_in_no_page,
            an_ephemeral_entry_leaves_no_trace_in_its_topic,
            the_tail_links_all_records,
            the_tail_links_the_entries_of_each_topic,
            the_tail_begins_after_a_position,
            the_tail_waits_for_new_records,
            a_node_that_knows_as_much_marks_no_loss,
            a_node_of_another_epoch_marks_no_loss,
        }
    };
}

/// The same for what stores promise that may lose acknowledged records.
macro_rules! contract_of_losses {
    ($store:expr) => {
        $crate::contract::tests! {
            $store;
            a_node_that_knows_more_than_the_store_marks_a_loss,
            a_missed_record_marks_a_loss_once,
        }
    };
}

macro_rules! tests {
    ($store:expr; $($test:ident,)*) => {
        $(#[tokio::test] async fn $test() { $crate::contract::$test($store).await })*
    };
}

pub(crate) use {contract, contract_of_losses, tests};

pub(crate) async fn positions_increase(store: impl HubStore) {
    let entries = ["a", "b", "a"].map(|topic| Entry::window(topic, "e"));
    let first = try_append(&store, 1, &entries).await.unwrap();
    let second = try_append(&store, 2, &entries).await.unwrap();
    assert_eq!((first.epoch, second.epoch), (epoch("now"), epoch("now")));
    let positions = [first.positions, second.positions].concat();
    assert_eq!(positions.len(), 6);
    assert!(positions[0] > Position::ZERO);
    assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
}

pub(crate) async fn the_same_counter_appends_once(store: impl HubStore) {
    let entries = [Entry::window("a", "once")];
    let first = try_append(&store, 7, &entries).await.unwrap();
    assert_eq!(try_append(&store, 7, &entries).await.unwrap(), first);
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(events(&page), [(first.positions[0], "once")]);
}

pub(crate) async fn an_older_counter_is_refused(store: impl HubStore) {
    append(&store, 7, Entry::window("a", "new")).await;
    let late = [Entry::window("a", "late")];
    let error = try_append(&store, 6, &late).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["new"]);
}

pub(crate) async fn counters_of_publishers_are_apart(store: impl HubStore) {
    append(&store, 7, Entry::window("a", "first")).await;
    let entries = [Entry::window("a", "second")];
    let batch = Batch::new(PublisherId::new(2), 7, &entries);
    store.append(batch).await.unwrap();
    assert_eq!(
        texts(&whole_page(&store, &["a"]).await),
        ["first", "second"]
    );
}

pub(crate) async fn a_batch_is_stored_as_a_whole_or_not_at_all(store: impl HubStore) {
    append(&store, 1, Entry::keyed("keyed", "k", "v")).await;
    let entries = [Entry::window("a", "good"), Entry::window("keyed", "bad")];
    assert!(try_append(&store, 2, &entries).await.is_err());
    assert_eq!(texts(&whole_page(&store, &["a", "keyed"]).await), ["v"]);
}

pub(crate) async fn a_page_without_topics_has_the_head(store: impl HubStore) {
    let empty = page(&store, &[], Position::ZERO, 1).await.head;
    assert_eq!(empty.epoch, epoch("now"));
    assert_eq!((empty.last, empty.lost), (Position::ZERO, Position::ZERO));
    let [_, last] = append_to(&store, "a", ["1", "2"]).await;
    let page = page(&store, &[], Position::ZERO, 1).await;
    assert_eq!((page.head.last, page.head.lost), (last, Position::ZERO));
    assert_eq!((page.entries.len(), page.starts.len()), (0, 0));
}

pub(crate) async fn a_page_has_the_entries_above_a_position(store: impl HubStore) {
    let [first, second, third] = append_to(&store, "a", ["1", "2", "3"]).await;
    append_to(&store, "other", ["4"]).await;
    let page = page(&store, &["a"], first, 100).await;
    assert_eq!(events(&page), [(second, "2"), (third, "3")]);
    assert_eq!(page.start(&"a".into()), first);
}

pub(crate) async fn a_page_has_each_entry_once(store: impl HubStore) {
    let mut topics = Topics::from("a");
    topics.extend(["b", "c"]);
    let position = append(&store, 1, Entry::window(topics, "e")).await;
    let page = whole_page(&store, &["a", "b"]).await;
    assert_eq!(events(&page), [(position, "e")]);
    assert_eq!(page.entries[0].entry.topics(), ["a".into(), "b".into()]);
}

pub(crate) async fn a_page_is_complete_up_to_the_end_of_the_store(store: impl HubStore) {
    append_to(&store, "a", ["1"]).await;
    let [last] = append_to(&store, "other", ["2"]).await;
    let page = page(&store, &["a"], Position::ZERO, 100).await;
    assert_eq!(page.upto, last);
}

pub(crate) async fn a_page_ends_where_a_topic_was_cut_short(store: impl HubStore) {
    let [_, second, _] = append_to(&store, "a", ["1", "2", "3"]).await;
    append_to(&store, "other", ["4"]).await;
    let page = page(&store, &["a", "b"], Position::ZERO, 2).await;
    assert_eq!((page.upto, texts(&page)), (second, vec!["1", "2"]));
}

pub(crate) async fn a_page_ends_at_its_limit(store: impl HubStore) {
    append_to(&store, "a", ["1"]).await;
    let [second] = append_to(&store, "b", ["2"]).await;
    append_to(&store, "a", ["3"]).await;
    let page = page(&store, &["a", "b"], Position::ZERO, 2).await;
    assert_eq!((page.upto, texts(&page)), (second, vec!["1", "2"]));
}

pub(crate) async fn pages_that_follow_each_other_have_everything(store: impl HubStore) {
    for texts in [["1", "2"], ["3", "4"], ["5", "6"]] {
        append_to(&store, "a", texts).await;
        append_to(&store, "b", texts).await;
    }
    let (mut after, mut found) = (Position::ZERO, Vec::new());
    loop {
        let page = page(&store, &["a", "b"], after, 3).await;
        found.extend(texts(&page).into_iter().map(String::from));
        if page.upto == page.head.last {
            break;
        }
        assert!(page.upto > after);
        after = page.upto;
    }
    let expected = ["1", "2", "1", "2", "3", "4", "3", "4", "5", "6", "5", "6"];
    assert_eq!(found, expected);
}

pub(crate) async fn a_topic_without_entries_starts_at_zero(store: impl HubStore) {
    append_to(&store, "other", ["1"]).await;
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(page.starts, [("a".into(), Position::ZERO)]);
}

pub(crate) async fn a_keyed_topic_has_the_newest_entry_of_each_key(store: impl HubStore) {
    append(&store, 1, Entry::keyed("t", "a", "a1")).await;
    let b = append(&store, 2, Entry::keyed("t", "b", "b1")).await;
    let a = append(&store, 3, Entry::keyed("t", "a", "a2")).await;
    let page = whole_page(&store, &["t"]).await;
    assert_eq!(events(&page), [(b, "b1"), (a, "a2")]);
    assert_eq!(page.entries[1].entry.kind(), &EntryKind::Keyed("a".into()));
}

pub(crate) async fn a_keyed_topic_has_removals(store: impl HubStore) {
    append(&store, 1, Entry::keyed("t", "a", "a1")).await;
    let removal = append(&store, 2, Entry::removal("t", "a", "gone")).await;
    let page = whole_page(&store, &["t"]).await;
    assert_eq!(events(&page), [(removal, "gone")]);
    assert_eq!(
        page.entries[0].entry.kind(),
        &EntryKind::Removal("a".into())
    );
}

pub(crate) async fn a_keyed_topic_starts_at_zero_while_it_has_all_removals(store: impl HubStore) {
    append(&store, 1, Entry::keyed("t", "a", "a1")).await;
    append(&store, 2, Entry::keyed("t", "a", "a2")).await;
    append(&store, 3, Entry::removal("t", "a", "")).await;
    let page = whole_page(&store, &["t"]).await;
    assert_eq!(page.start(&"t".into()), Position::ZERO);
}

pub(crate) async fn a_topic_is_keyed_or_not(store: impl HubStore) {
    append(&store, 1, Entry::window("window", "")).await;
    append(&store, 2, Entry::keyed("keyed", "k", "")).await;
    let wrong = [Entry::keyed("window", "k", ""), Entry::window("keyed", "")];
    for entry in wrong {
        let error = try_append(&store, 3, &[entry]).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Refused);
    }
    append(&store, 3, Entry::ephemeral("keyed", "")).await;
}

pub(crate) async fn an_ephemeral_entry_is_in_no_page(store: impl HubStore) {
    append_to(&store, "a", ["1"]).await;
    let position = append(&store, 1, Entry::ephemeral("a", "typing")).await;
    let page = whole_page(&store, &["a"]).await;
    assert_eq!((texts(&page), page.upto), (vec!["1"], position));
}

pub(crate) async fn an_ephemeral_entry_leaves_no_trace_in_its_topic(store: impl HubStore) {
    let [first] = append_to(&store, "a", ["1"]).await;
    append(&store, 1, Entry::ephemeral("a", "typing")).await;
    let [third] = append_to(&store, "a", ["3"]).await;
    let all = records(&store, None, 3).await;
    assert_eq!(stored(&all[1]).topic_before, [Position::ZERO]);
    assert_eq!(stored(&all[2]).topic_before, [first]);
    let page = page(&store, &["a"], third, 100).await;
    assert_eq!(page.start(&"a".into()), third);
}

pub(crate) async fn the_tail_links_all_records(store: impl HubStore) {
    let [first] = append_to(&store, "a", ["1"]).await;
    let second = append(&store, 1, Entry::ephemeral("b", "2")).await;
    let third = append(&store, 2, Entry::keyed("c", "k", "3")).await;
    let links: Vec<_> = records(&store, None, 3).await.iter().map(link).collect();
    assert_eq!(
        links,
        [(Position::ZERO, first), (first, second), (second, third)]
    );
}

fn link(tailed: &Tailed) -> (Position, Position) {
    assert_eq!(tailed.epoch, epoch("now"));
    (tailed.before, tailed.record.position())
}

pub(crate) async fn the_tail_links_the_entries_of_each_topic(store: impl HubStore) {
    let [in_a] = append_to(&store, "a", ["1"]).await;
    let [in_b] = append_to(&store, "b", ["2"]).await;
    let mut topics = Topics::from("a");
    topics.extend(["b", "c"]);
    append(&store, 1, Entry::window(topics, "3")).await;
    let all = records(&store, Some(in_b), 1).await;
    let stored = stored(&all[0]);
    assert_eq!(stored.topic_before, [in_a, in_b, Position::ZERO]);
    assert_eq!(stored.before(&"b".into()), in_b);
}

pub(crate) async fn the_tail_begins_after_a_position(store: impl HubStore) {
    let [_, second, third] = append_to(&store, "a", ["1", "2", "3"]).await;
    let after = records(&store, Some(second), 1).await;
    assert_eq!(link(&after[0]), (second, third));
    assert_eq!(stored(&after[0]).entry.bytes(), "3");
}

pub(crate) async fn the_tail_waits_for_new_records(store: impl HubStore) {
    // Long enough for an answer of a server.
    let some_time = Duration::from_millis(50);
    let mut tail = std::pin::pin!(store.tail(None));
    assert!(timeout(some_time, tail.next()).await.is_err());
    let [first] = append_to(&store, "a", ["1"]).await;
    let record = tail.next().await.unwrap().unwrap();
    assert_eq!(record.record.position(), first);
    assert!(timeout(some_time, tail.next()).await.is_err());
}

pub(crate) async fn a_node_that_knows_more_than_the_store_marks_a_loss(store: impl HubStore) {
    let [last] = append_to(&store, "a", ["1"]).await;
    let seen = Position::new(last.get() + 100);
    let entries = [Entry::window("a", "2")];
    let batch = Batch::new(PUBLISHER, 1, &entries).seen(Some(epoch("now")), seen);
    let position = store.append(batch).await.unwrap().positions[0];
    let all = records(&store, Some(last), 2).await;
    let Record::Lost(lost) = all[0].record else {
        panic!("{all:?}");
    };
    assert!(seen < lost && lost < position);
    assert_eq!((all[0].before, all[1].before), (last, lost));
    assert_eq!(stored(&all[1]).topic_before, [last]);
    assert_eq!(page(&store, &[], Position::ZERO, 1).await.head.lost, lost);
}

pub(crate) async fn a_missed_record_marks_a_loss_once(store: impl HubStore) {
    let [first, _] = append_to(&store, "a", ["1", "2"]).await;
    let mut marks = Vec::new();
    for counter in [1, 2] {
        let batch = Batch::new(PUBLISHER, counter, &[]).lost(first);
        let batch = batch.seen(Some(epoch("now")), first);
        assert_eq!(store.append(batch).await.unwrap().positions, []);
        marks.push(page(&store, &[], Position::ZERO, 1).await.head.lost);
    }
    assert!(marks[0] > first);
    assert_eq!(marks[0], marks[1]);
}

pub(crate) async fn a_node_that_knows_as_much_marks_no_loss(store: impl HubStore) {
    let [last] = append_to(&store, "a", ["1"]).await;
    let batch = Batch::new(PUBLISHER, 1, &[]).seen(Some(epoch("now")), last);
    store.append(batch).await.unwrap();
    let head = page(&store, &[], Position::ZERO, 1).await.head;
    assert_eq!((head.last, head.lost), (last, Position::ZERO));
}

pub(crate) async fn a_node_of_another_epoch_marks_no_loss(store: impl HubStore) {
    let [last] = append_to(&store, "a", ["1"]).await;
    let far = Position::new(last.get() + 100);
    let batch = Batch::new(PUBLISHER, 1, &[]).lost(far);
    let appended = store.append(batch.seen(Some(epoch("then")), far)).await;
    assert_eq!(appended.unwrap().epoch, epoch("now"));
    let head = page(&store, &[], Position::ZERO, 1).await.head;
    assert_eq!((head.last, head.lost), (last, Position::ZERO));
}
