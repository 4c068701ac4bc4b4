//! What Redis has lost or was made to forget is seen.

use std::{fs, num::NonZeroUsize, path::Path, pin::pin, time::Duration};

use futures_util::StreamExt;
use tower_sse::store::{Batch, Entry, HubStore, Position, PublisherId, Record};
use tower_sse_redis::RedisStore;

use crate::{
    server::Server,
    support::{append, append_to, events, page, records, stored, texts, whole_page},
};

/// What the file has is exact only if each command is synchronized. The tests take a part of it away.
const AOF: &str = "--save '' --appendonly yes --appendfsync always";

#[tokio::test]
async fn an_emptied_server_has_another_epoch() {
    let server = Server::start();
    let store = server.store().await;
    let [first] = append_to(&store, "a", ["1"]).await;
    let epoch = whole_page(&store, &["a"]).await.head.epoch;
    let mut tail = pin!(store.tail(Some(first)));
    let () = server.run("FLUSHALL").await;
    let [second] = append_to(&store, "a", ["2"]).await;
    let head = whole_page(&store, &["a"]).await.head;
    assert_ne!(head.epoch, epoch);
    assert_eq!(head.last, second);
    let tailed = tail.next().await.unwrap().unwrap();
    assert_eq!((tailed.epoch, tailed.before), (head.epoch, Position::ZERO));
    assert_eq!(stored(&tailed).topic_before, [Position::ZERO]);
}

#[tokio::test]
async fn the_first_call_begins_the_epoch() {
    let server = Server::start();
    let (first, second) = (server.store().await, server.store().await);
    let () = server.run("FLUSHALL").await;
    let epoch = whole_page(&first, &[]).await.head.epoch;
    assert_eq!(whole_page(&second, &[]).await.head.epoch, epoch);
    let batch = Batch::new(PublisherId::draw(), 1, &[]);
    assert_eq!(second.append(batch).await.unwrap().epoch, epoch);
}

#[tokio::test]
async fn a_hub_whose_state_was_deleted_has_another_epoch() {
    let server = Server::start();
    let store = server.store().await;
    let [first] = append_to(&store, "a", ["1"]).await;
    let epoch = whole_page(&store, &[]).await.head.epoch;
    // The clock is behind what is left.
    let () = server
        .run("XADD {tower-sse}:hub 5000000000000-0 b 0-0")
        .await;
    let () = server.run("DEL {tower-sse}:meta").await;
    let [second] = append_to(&store, "a", ["2"]).await;
    let page = whole_page(&store, &["a"]).await;
    assert_ne!(page.head.epoch, epoch);
    assert_eq!(events(&page), [(first, "1"), (second, "2")]);
    assert_eq!(second.get(), 5_000_000_000_000 << 20 | 1);
}

#[tokio::test]
async fn a_deleted_topic_starts_after_what_it_had() {
    let server = Server::start();
    let store = server.store().await;
    let [_, second] = append_to(&store, "a", ["1", "2"]).await;
    let () = server.run("DEL {tower-sse}:topic:a").await;
    let whole = whole_page(&store, &["a"]).await;
    assert_eq!((whole.entries.len(), whole.start(&"a".into())), (0, second));
    let [third] = append_to(&store, "a", ["3"]).await;
    let whole = whole_page(&store, &["a"]).await;
    assert_eq!(
        (events(&whole), whole.start(&"a".into())),
        (vec![(third, "3")], second)
    );
    let record = &records(&store, Some(second), 1).await[0];
    assert_eq!(stored(record).topic_before, [second]);
}

#[tokio::test]
async fn a_topic_whose_state_was_deleted_goes_on() {
    let server = Server::start();
    let store = server.store().await;
    let [_, second] = append_to(&store, "a", ["1", "2"]).await;
    let () = server.run("DEL {tower-sse}:state:a").await;
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["1", "2"]);
    let [_] = append_to(&store, "a", ["3"]).await;
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["1", "2", "3"]);
    let page = page(&store, &["a"], second, 9).await;
    assert_eq!(page.start(&"a".into()), second);
}

#[tokio::test]
async fn a_keyed_topic_that_is_not_whole_begins_anew() {
    for part in ["topic", "state"] {
        let server = Server::start();
        let store = server.store().await;
        append(&store, 1, Entry::keyed("t", "a", "a1")).await;
        let second = append(&store, 2, Entry::keyed("t", "b", "b1")).await;
        let () = server.run(&format!("DEL {{tower-sse}}:{part}:t")).await;
        let whole = whole_page(&store, &["t"]).await;
        assert_eq!((whole.entries.len(), whole.start(&"t".into())), (0, second));
        let third = append(&store, 3, Entry::keyed("t", "a", "a2")).await;
        let whole = whole_page(&store, &["t"]).await;
        assert_eq!(
            (events(&whole), whole.start(&"t".into())),
            (vec![(third, "a2")], second)
        );
    }
}

#[tokio::test]
async fn a_keyed_topic_starts_at_the_newest_removal_that_was_dropped() {
    let server = Server::start();
    let options = server.options().max_entries(NonZeroUsize::MIN);
    let store = RedisStore::connect(options).await.unwrap();
    append(&store, 1, Entry::keyed("t", "live", "live")).await;
    let first = append(&store, 2, Entry::removal("t", "a", "")).await;
    append(&store, 3, Entry::removal("t", "b", "gone")).await;
    let whole = whole_page(&store, &["t"]).await;
    assert_eq!(
        (texts(&whole), whole.start(&"t".into())),
        (vec!["live", "gone"], first)
    );
    // A key that comes back is no removal any more.
    append(&store, 4, Entry::keyed("t", "b", "back")).await;
    append(&store, 5, Entry::removal("t", "c", "c")).await;
    let whole = whole_page(&store, &["t"]).await;
    assert_eq!(
        (texts(&whole), whole.start(&"t".into())),
        (vec!["live", "back", "c"], first)
    );
}

#[tokio::test]
async fn a_trimmed_stream_names_the_position_before_its_first_record() {
    let server = Server::start();
    let store = server.store().await;
    let [_, second, third] = append_to(&store, "a", ["1", "2", "3"]).await;
    let () = server.run("XTRIM {tower-sse}:hub MAXLEN 1").await;
    let record = &records(&store, None, 1).await[0];
    assert_eq!((record.before, record.record.position()), (second, third));
    let () = server.run("DEL {tower-sse}:hub").await;
    let [fourth] = append_to(&store, "a", ["4"]).await;
    let record = &records(&store, None, 1).await[0];
    assert_eq!((record.before, record.record.position()), (third, fourth));
}

#[tokio::test]
async fn a_trimmed_topic_starts_before_its_first_entry() {
    let server = Server::start();
    let store = server.store().await;
    let [_, second, third] = append_to(&store, "a", ["1", "2", "3"]).await;
    let () = server.run("XTRIM {tower-sse}:topic:a MAXLEN 1").await;
    let whole = whole_page(&store, &["a"]).await;
    assert_eq!(
        (events(&whole), whole.start(&"a".into())),
        (vec![(third, "3")], second)
    );
    let () = server.run("XTRIM {tower-sse}:topic:a MAXLEN 0").await;
    let whole = whole_page(&store, &["a"]).await;
    assert_eq!((whole.entries.len(), whole.start(&"a".into())), (0, third));
}

#[tokio::test]
async fn streams_are_trimmed() {
    let server = Server::start();
    let max = NonZeroUsize::new(100).unwrap();
    let options = server.options().max_records(max).max_entries(max);
    let store = RedisStore::connect(options).await.unwrap();
    for counter in 1..=10 {
        let entries = vec![Entry::window("a", "e"); 100];
        let batch = Batch::new(PublisherId::new(1), counter, &entries);
        store.append(batch).await.unwrap();
    }
    for part in ["hub", "topic:a"] {
        let len: usize = server.run(&format!("XLEN {{tower-sse}}:{part}")).await;
        assert!((100..=300).contains(&len), "{part}: {len}");
    }
}

#[tokio::test]
async fn an_expired_topic_starts_from_the_time_of_the_server_less_the_age() {
    let server = Server::start();
    let hour = Duration::from_secs(3600);
    let store = RedisStore::connect(server.options().max_age(hour))
        .await
        .unwrap();
    append_to(&store, "a", ["1"]).await;
    for part in ["topic", "state"] {
        let left: u64 = server.run(&format!("PTTL {{tower-sse}}:{part}:a")).await;
        assert!((3_590_000..=3_600_000).contains(&left), "{left}");
    }
    // As if the hub had begun long ago, and the topic had expired.
    let () = server.run("HSET {tower-sse}:meta created 0").await;
    let () = server
        .run("DEL {tower-sse}:topic:a {tower-sse}:state:a")
        .await;
    let (seconds, _): (u64, u64) = server.run("TIME").await;
    let start = whole_page(&store, &["a"]).await.start(&"a".into());
    let age = seconds - (start.get() >> 20) / 1000;
    assert!((3590..=3601).contains(&age), "{age}");
    // The same is before its next entry.
    append_to(&store, "a", ["2"]).await;
    let record = &records(&store, None, 2).await[1];
    assert!(stored(record).topic_before[0] >= start);
}

#[tokio::test]
async fn entries_expire_by_age() {
    let server = Server::start();
    let store = server.store().await;
    let [first, second] = append_to(&store, "a", ["1", "2"]).await;
    // As if the first entry were old.
    let hour = Duration::from_secs(3600);
    let aged = RedisStore::connect(server.options().max_age(hour))
        .await
        .unwrap();
    assert_eq!(texts(&whole_page(&aged, &["a"]).await), ["1", "2"]);
    let () = server.run("DEL {tower-sse}:topic:a").await;
    let () = server.run("XADD {tower-sse}:topic:a 1-1 b 0-0 d old").await;
    let id = format!("{}-{}", second.get() >> 20, second.get() & 0xfffff);
    let before = format!("{}-{}", first.get() >> 20, first.get() & 0xfffff);
    let () = server
        .run(&format!("XADD {{tower-sse}}:topic:a {id} b {before} d 2"))
        .await;
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["old", "2"]);
    let whole = whole_page(&aged, &["a"]).await;
    assert_eq!(
        (texts(&whole), whole.start(&"a".into())),
        (vec!["2"], first)
    );
}

#[tokio::test]
async fn fields_of_a_later_version_are_ignored() {
    let server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::keyed("t", "k", "v")).await;
    let epoch = whole_page(&store, &[]).await.head.epoch;
    for hash in ["meta", "state:t", "state:a"] {
        let () = server
            .run(&format!("HSET {{tower-sse}}:{hash} future 1"))
            .await;
    }
    let () = server
        .run("HSET {tower-sse}:state:a kind window last 8000000000000-0")
        .await;
    let () = server
        .run("XADD {tower-sse}:topic:a 8000000000000-0 z 1 b 0-0 d later")
        .await;
    let record = format!("z 1 e {epoch} b 0-0 k window y  t a p 0-0 d later");
    let () = server
        .run(&format!("XADD {{tower-sse}}:hub 8000000000000-0 {record}"))
        .await;
    assert_eq!(texts(&whole_page(&store, &["a", "t"]).await).len(), 1);
    let all = records(&store, None, 2).await;
    assert_eq!(stored(&all[1]).entry.bytes(), "later");
    // The next position is above.
    let next = append(&store, 2, Entry::window("a", "next")).await;
    assert_eq!(next.get(), 8_000_000_000_000 << 20 | 1);
    assert_eq!(
        texts(&whole_page(&store, &["a", "t"]).await),
        ["v", "later", "next"]
    );
}

/// Otherwise a page of it could not be read before something is published.
#[tokio::test]
async fn a_topic_of_an_idle_hub_starts_at_its_last_position() {
    let server = Server::start();
    let age = Duration::from_secs(60);
    let options = server.options().max_age(age);
    let store = RedisStore::connect(options).await.unwrap();
    let last = append(&store, 1, Entry::window("a", "1")).await;
    // The hub is an hour old, and has been idle for it, as far as its age tells.
    let () = server.run("HSET {tower-sse}:meta created 1 age 1").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let page = whole_page(&store, &["new"]).await;
    assert_eq!(page.start(&"new".into()), last);
    assert_eq!(page.head.last, last);
}

#[tokio::test]
async fn records_of_others_do_not_stop_the_tail() {
    let server = Server::start();
    let store = server.store().await;
    let first = append(&store, 1, Entry::window("a", "1")).await;
    let epoch = whole_page(&store, &[]).await.head.epoch;
    let before = first.get() & 0xf_ffff;
    let (ms, sequence) = (first.get() >> 20, before + 1);
    // A kind that this version does not know, with a place in the chain.
    let record = format!("e {epoch} b {ms}-{before} k rewritten y  t a p 0-0 d later");
    let add = |id: String, record: String| format!("XADD {{tower-sse}}:hub {id} {record}");
    let () = server.run(&add(format!("{ms}-{sequence}"), record)).await;
    // Entries that no version has made.
    let foreign = format!("{ms}-{}", sequence + 1);
    let () = server.run(&add(foreign, "hello world".into())).await;
    // Above the 20 bits of a sequence.
    let foreign = format!("{ms}-2000000");
    let () = server.run(&add(foreign, "e x b y".into())).await;
    let next = append(&store, 2, Entry::window("a", "2")).await;

    let all = records(&store, None, 3).await;
    let positions: Vec<_> = all.iter().map(|one| one.record.position()).collect();
    assert_eq!(positions, [first, Position::new(first.get() + 1), next]);
    assert_eq!(stored(&all[1]).entry.bytes(), "");
    assert_eq!(
        stored(&all[1]).entry.topics()[0].as_str(),
        "tower-sse:unknown"
    );
    assert_eq!(stored(&all[2]).entry.bytes(), "2");
}

#[tokio::test]
async fn an_older_file_that_was_put_back_is_a_loss() {
    let mut server = Server::with(AOF);
    let store = server.store().await;
    let [first] = append_to(&store, "a", ["1"]).await;
    let (files, copy) = (
        server.directory().join("appendonlydir"),
        server.directory().join("copy"),
    );
    copy_files(&files, &copy);
    let [second] = append_to(&store, "a", ["2"]).await;
    server.kill();
    fs::remove_dir_all(&files).unwrap();
    copy_files(&copy, &files);
    server.restart();
    marks_the_loss_above(&store, first, second).await;
}

#[tokio::test]
async fn what_was_not_synchronized_is_a_loss() {
    let mut server = Server::with(AOF);
    let store = server.store().await;
    let [first] = append_to(&store, "a", ["1"]).await;
    let len = last_file(&server).1;
    let [second] = append_to(&store, "a", ["2"]).await;
    server.kill();
    // As after a power failure with `appendfsync everysec`: the last command is not whole.
    let (path, _) = last_file(&server);
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(len + 100).unwrap();
    server.restart();
    marks_the_loss_above(&store, first, second).await;
}

/// A node that knows the position which was lost makes it a mark.
async fn marks_the_loss_above(store: &RedisStore, first: Position, lost: Position) {
    let head = whole_page(store, &[]).await.head;
    assert_eq!((head.last, head.lost), (first, Position::ZERO));
    let entries = [Entry::window("a", "3")];
    let batch = || Batch::new(PublisherId::new(9), 1, &entries).seen(Some(head.epoch), lost);
    // A connection that has ended is found by a call.
    let appended = loop {
        if let Ok(appended) = store.append(batch()).await {
            break appended;
        }
    };
    let all = records(store, Some(first), 2).await;
    let Record::Lost(mark) = all[0].record else {
        panic!("{all:?}");
    };
    assert!(lost < mark && mark < appended.positions[0]);
    let page = whole_page(store, &["a"]).await;
    assert_eq!((page.head.epoch, page.head.lost), (head.epoch, mark));
    assert_eq!(texts(&page), ["1", "3"]);
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Returns the file to which commands are appended, and its length.
fn last_file(server: &Server) -> (std::path::PathBuf, u64) {
    let files = fs::read_dir(server.directory().join("appendonlydir")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    let path = paths
        .find(|path| path.to_string_lossy().ends_with(".incr.aof"))
        .unwrap();
    let len = fs::metadata(&path).unwrap().len();
    (path, len)
}
