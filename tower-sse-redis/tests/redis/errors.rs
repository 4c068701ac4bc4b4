//! The errors for each failure of Redis, which leaves nothing half written.

use std::{
    error::Error,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use tower_sse::store::{
    Appended, Batch, Entry, HubStore, Position, PublisherId, StoreError, StoreErrorKind,
};
use tower_sse_redis::{RedisStore, RedisStoreOptions};

use crate::{
    server::Server,
    support::{append, append_to, events, page, records, texts, try_append, whole_page},
};

const SOON: Duration = Duration::from_secs(5);

fn cause(error: &StoreError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

async fn connect(url: &str) -> Result<RedisStore, StoreError> {
    RedisStore::connect(RedisStoreOptions::new(url).unwrap()).await
}

/// Returns the error of appending to the topics `a` and `b`.
async fn append_error(store: &RedisStore) -> StoreError {
    let entries = [Entry::window("a", "new"), Entry::window("b", "new")];
    let batch = Batch::new(PublisherId::draw(), 1, &entries);
    store.append(batch).await.unwrap_err()
}

/// Returns all keys but those of the servers' own, and what they hold.
async fn everything(server: &Server) -> Vec<(String, Vec<u8>)> {
    let mut keys: Vec<String> = server.run("KEYS *").await;
    keys.sort();
    let mut all = Vec::new();
    for key in keys {
        let dump = server.run(&format!("DUMP {key}")).await;
        all.push((key, dump));
    }
    all
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let server = Server::with("--requirepass secret");
    let right = format!("redis://:secret@127.0.0.1:{}", server.port());
    let store = connect(&right).await.unwrap();
    append(&store, 1, Entry::window("a", "e")).await;
    let before = Instant::now();
    let wrong = format!("redis://:wrong@127.0.0.1:{}", server.port());
    let error = connect(&wrong).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(before.elapsed() < SOON);
    assert!(!format!("{error:?} {}", cause(&error)).contains("wrong"));
}

#[tokio::test]
async fn no_password_is_refused() {
    let server = Server::with("--requirepass secret");
    let error = connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(cause(&error).contains("NOAUTH"), "{}", cause(&error));
}

#[tokio::test]
async fn a_user_without_the_right_to_write_is_refused() {
    let server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    let before = everything(&server).await;
    let url = server
        .user("~* +@read +@scripting +@connection +time")
        .await;
    let guest = connect(&url).await.unwrap();
    assert_eq!(texts(&whole_page(&guest, &["a"]).await), ["old"]);
    let error = append_error(&guest).await;
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{}", cause(&error));
    assert_eq!(everything(&server).await, before);
}

#[tokio::test]
async fn the_outcome_of_a_batch_that_fails_in_the_middle_is_unknown() {
    let server = Server::start();
    let rights = "~{tower-sse}:* +@read +@write +@connection +@scripting +time -pexpire";
    let url = server.user(rights).await;
    let hour = Duration::from_secs(3600);
    let options = RedisStoreOptions::new(&url).unwrap().max_age(hour);
    let store = RedisStore::connect(options).await.unwrap();
    let entries = [Entry::window("a", "1"), Entry::window("a", "2")];
    let error = try_append(&store, 1, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unknown, "{}", cause(&error));
    assert!(cause(&error).contains("PARTIAL"), "{}", cause(&error));

    // The next attempt doubles nothing.
    let appended = try_append(&store, 1, &entries).await.unwrap();
    let all = records(&store, None, 2).await;
    let positions: Vec<_> = all.iter().map(|one| one.record.position()).collect();
    assert_eq!(positions, appended.positions);
    let count: usize = server.run("XLEN {tower-sse}:hub").await;
    assert_eq!(count, 2);
}

#[tokio::test]
async fn a_user_with_the_documented_rights_can_do_all() {
    let server = Server::start();
    let rights = "~{tower-sse}:* +@read +@write +@connection +@scripting -@dangerous +time";
    let url = server.user(rights).await;
    let hour = Duration::from_secs(3600);
    let options = RedisStoreOptions::new(&url).unwrap().max_age(hour);
    let options = options.max_entries(NonZeroUsize::MIN);
    let store = RedisStore::connect(options).await.unwrap();
    append_to(&store, "a", ["1", "2"]).await;
    append(&store, 1, Entry::removal("t", "a", "")).await;
    let () = server.run("DEL {tower-sse}:topic:t").await;
    append(&store, 2, Entry::removal("t", "b", "")).await;
    append(&store, 3, Entry::removal("t", "c", "c")).await;
    assert_eq!(
        texts(&whole_page(&store, &["a", "t"]).await),
        ["1", "2", "c"]
    );
    assert_eq!(records(&store, None, 5).await.len(), 5);
}

#[tokio::test]
async fn a_full_server_is_full() {
    let server = Server::with("--save '' --maxmemory-policy noeviction");
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    append(&store, 2, Entry::keyed("t", "k", "old")).await;
    let before = everything(&server).await;
    let () = server.run("CONFIG SET maxmemory 1").await;
    let began = Instant::now();
    let error = append_error(&store).await;
    assert_eq!(error.kind(), StoreErrorKind::Full, "{}", cause(&error));
    let keyed = [Entry::keyed("t", "k", "new"), Entry::window("a", "new")];
    let error = try_append(&store, 3, &keyed).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{}", cause(&error));
    assert!(began.elapsed() < SOON);
    assert_eq!(everything(&server).await, before);
    // What is stored can be read meanwhile.
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["old"]);
    let () = server.run("CONFIG SET maxmemory 0").await;
    try_append(&store, 3, &keyed).await.unwrap();
}

#[tokio::test]
async fn a_replica_is_read_only() {
    let primary = Server::start();
    let store = primary.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    let replica = Server::with(&format!(
        "--save '' --replicaof 127.0.0.1 {}",
        primary.port()
    ));
    append(&store, 2, Entry::window("a", "newer")).await;
    while primary.run::<u32>("WAIT 1 1000").await == 0 {}
    let before = everything(&replica).await;
    let store = replica.store().await;
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["old", "newer"]);
    let error = append_error(&store).await;
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{}", cause(&error));
    assert_eq!(everything(&replica).await, before);
}

/// Reads would stay at a server that was demoted, and take what it lacks for lost.
#[tokio::test]
async fn all_connections_leave_a_server_that_is_no_primary() {
    let primary = Server::start();
    let replica = Server::start();
    let store = replica.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    whole_page(&store, &["a"]).await;
    let reader = reader_of(&replica).await;
    let () = replica
        .run(&format!("REPLICAOF 127.0.0.1 {}", primary.port()))
        .await;
    whole_page(&store, &[]).await;
    assert_eq!(reader_of(&replica).await, reader);
    let error = append_error(&store).await;
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{}", cause(&error));
    whole_page(&store, &[]).await;
    assert_ne!(reader_of(&replica).await, reader);
}

/// Returns the number of the connection whose last command was a read.
async fn reader_of(server: &Server) -> String {
    let clients: String = server.run("CLIENT LIST TYPE normal").await;
    let mut clients = clients.lines().filter(|line| !line.contains("cmd=client"));
    // Numbers increase. The connection for reads is the first of a store.
    let id = clients.next().and_then(|line| line.split(' ').next());
    id.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let mut server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    server.kill();
    // The first call may find that the connection has ended when it has sent the batch.
    let _ = append_error(&store).await;
    let began = Instant::now();
    let error = append_error(&store).await;
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "{}",
        cause(&error)
    );
    let error = store.read(&[], Position::ZERO, 1).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let error = connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(began.elapsed() < SOON);
    server.restart();
    append(&store, 1, Entry::window("a", "new")).await;
}

#[tokio::test]
async fn the_outcome_at_a_server_that_hangs_is_unknown() {
    let server = Server::start();
    let time = Duration::from_millis(300);
    let options = server
        .options()
        .response_timeout(time)
        .connect_timeout(time);
    let store = RedisStore::connect(options).await.unwrap();
    append(&store, 1, Entry::window("a", "old")).await;
    server.pause();
    let began = Instant::now();
    let entries = [Entry::window("a", "new")];
    let error = try_append(&store, 2, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unknown, "{}", cause(&error));
    assert!(began.elapsed() >= time && began.elapsed() < time + SOON);
    // Another connection is not made either.
    let error = try_append(&store, 2, &entries).await.unwrap_err();
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "{}",
        cause(&error)
    );
    assert!(began.elapsed() < 2 * time + SOON);
    let error = store.read(&[], Position::ZERO, 1).await.unwrap_err();
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "{}",
        cause(&error)
    );
    server.go_on();
    let position = append(&store, 2, Entry::window("a", "new")).await;
    let page = whole_page(&store, &["a"]).await;
    assert_eq!(events(&page)[1..], [(position, "new")]);
}

#[tokio::test]
async fn callers_do_not_wait_for_one_failing_connection_after_the_other() {
    let server = Server::start();
    let time = Duration::from_millis(300);
    let options = server
        .options()
        .response_timeout(time)
        .connect_timeout(time);
    let store = RedisStore::connect(options).await.unwrap();
    server.pause();
    let began = Instant::now();
    let reads = (0..20).map(|_| async {
        while store.read(&[], Position::ZERO, 1).await.is_ok() {}
        store.read(&[], Position::ZERO, 1).await.unwrap_err().kind()
    });
    let kinds = futures_util::future::join_all(reads).await;
    assert_eq!(kinds, [StoreErrorKind::Unavailable; 20]);
    assert!(began.elapsed() < 6 * time, "{:?}", began.elapsed());
    server.go_on();
}

#[tokio::test]
async fn a_server_that_is_loading_is_unavailable() {
    let mut server = Server::with("--save '' --enable-debug-command yes --appendonly no");
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    let () = server.run("DEBUG POPULATE 2000 filler 100").await;
    let () = server.run("SAVE").await;
    server.kill();
    let slowly = "--save '' --key-load-delay 1000 --loading-process-events-interval-bytes 1024";
    server.set_arguments(slowly);
    let ready = server.spawn();
    let mut causes = Vec::new();
    loop {
        match try_append(&store, 2, &[Entry::window("a", "new")]).await {
            Ok(_) => break,
            Err(error) => {
                causes.push(cause(&error));
                // The end of the old connection.
                let is_first = causes.len() == 1 && error.kind() == StoreErrorKind::Unknown;
                assert!(
                    is_first || error.kind() == StoreErrorKind::Unavailable,
                    "{causes:?}"
                );
            }
        }
        tokio::task::yield_now().await;
    }
    assert!(
        causes.iter().any(|cause| cause.contains("BusyLoading")),
        "{causes:?}"
    );
    ready.recv().unwrap();
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["old", "new"]);
}

#[tokio::test]
async fn a_key_of_another_type_is_refused() {
    let server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    for part in ["topic:b", "state:b"] {
        let () = server
            .run(&format!("SET {{tower-sse}}:{part} foreign"))
            .await;
        let before = everything(&server).await;
        let error = append_error(&store).await;
        assert_eq!(error.kind(), StoreErrorKind::Refused);
        assert!(cause(&error).contains("WRONGTYPE"), "{}", cause(&error));
        assert!(
            cause(&error).contains(&format!("{{tower-sse}}:{part}")),
            "{}",
            cause(&error)
        );
        let error = store
            .read(&["b".into()], Position::ZERO, 9)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{}", cause(&error));
        assert_eq!(everything(&server).await, before);
        let () = server.run(&format!("DEL {{tower-sse}}:{part}")).await;
    }
}

#[tokio::test]
async fn a_key_of_another_type_in_place_of_the_hub_is_refused() {
    for part in ["meta", "hub"] {
        let server = Server::start();
        let store = server.store().await;
        let () = server.run(&format!("DEL {{tower-sse}}:{part}")).await;
        let () = server
            .run(&format!("SET {{tower-sse}}:{part} foreign"))
            .await;
        let before = everything(&server).await;
        let error = append_error(&store).await;
        assert_eq!(
            error.kind(),
            StoreErrorKind::Refused,
            "{part}: {}",
            cause(&error)
        );
        assert!(cause(&error).contains("WRONGTYPE"), "{}", cause(&error));
        assert_eq!(everything(&server).await, before);
    }
}

#[tokio::test]
async fn a_hash_that_is_not_a_hub_is_refused() {
    let server = Server::start();
    let () = server.run("HSET {tower-sse}:meta color red").await;
    let error = connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(
        cause(&error).contains("is not that of a hub"),
        "{}",
        cause(&error)
    );
}

#[tokio::test]
async fn another_layout_is_refused() {
    let server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "old")).await;
    let () = server.run("HSET {tower-sse}:meta layout 2").await;
    let before = everything(&server).await;
    let expected = "the hub has the layout 2, and this version knows the layout 1";
    let errors = [
        append_error(&store).await,
        store
            .read(&["a".into()], Position::ZERO, 9)
            .await
            .unwrap_err(),
        connect(&server.url()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), StoreErrorKind::Refused);
        assert!(cause(&error).contains(expected), "{}", cause(&error));
    }
    assert_eq!(everything(&server).await, before);
}

#[tokio::test]
async fn a_topic_of_another_kind_is_refused() {
    let server = Server::start();
    let store = server.store().await;
    append(&store, 1, Entry::keyed("b", "k", "old")).await;
    let before = everything(&server).await;
    let error = append_error(&store).await;
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(
        cause(&error).contains("has another kind: keyed"),
        "{}",
        cause(&error)
    );
    // Within one batch, too.
    let entries = [Entry::window("c", ""), Entry::keyed("c", "k", "")];
    let error = try_append(&store, 2, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(everything(&server).await, before);
}

#[tokio::test]
async fn a_name_with_a_line_break_is_refused() {
    let server = Server::start();
    let store = server.store().await;
    let entries = [Entry::window("a\nb", "")];
    let error = try_append(&store, 1, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
}

#[tokio::test]
async fn a_server_that_has_forgotten_the_scripts_gets_them_again() {
    let server = Server::start();
    let store = server.store().await;
    append_to(&store, "a", ["1"]).await;
    let () = server.run("SCRIPT FLUSH").await;
    append_to(&store, "a", ["2"]).await;
    let () = server.run("SCRIPT FLUSH").await;
    assert_eq!(
        page(&store, &["a"], Position::ZERO, 9).await.entries.len(),
        2
    );
}

#[tokio::test]
async fn a_late_attempt_stores_nothing() {
    let server = Server::start();
    let store = server.store().await;
    let entries = [Entry::window("a", "once")];
    let first: Appended = try_append(&store, 1, &entries).await.unwrap();
    let same = server.store().await;
    assert_eq!(try_append(&same, 1, &entries).await.unwrap(), first);
    append(&store, u64::MAX, Entry::window("a", "last")).await;
    let error = try_append(&same, 1, &entries).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["once", "last"]);
}
