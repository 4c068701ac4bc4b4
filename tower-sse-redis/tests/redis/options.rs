//! The options, and the ways to a server.

use tower_sse::store::Entry;
use tower_sse_redis::{RedisStore, RedisStoreOptions};

use crate::{
    server::Server,
    support::{append, texts, whole_page},
};

#[test]
fn debug_output_has_no_password() {
    let urls = [
        "redis://ada:secret@127.0.0.1:6379/3",
        "redis://:secret@127.0.0.1",
        "unix:///run/redis.sock?user=ada&pass=secret",
    ];
    for url in urls {
        let options = RedisStoreOptions::new(url).unwrap();
        let text = format!("{options:?} {options:#?}");
        assert!(!text.contains("secret") && !text.contains("ada"), "{text}");
    }
}

#[test]
fn refuses_urls_of_other_servers_without_showing_them() {
    let urls = [
        "",
        "secret",
        "http://secret@host",
        "redis://:secret@",
        "redis://:secret@host/x",
        "redis://:secret@host:x",
    ];
    for url in urls {
        let error = RedisStoreOptions::new(url).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn refuses_prefixes_that_are_no_hash_tags() {
    for prefix in ["", "a{b", "a}", "a\n"] {
        let options = RedisStoreOptions::new("redis://localhost").unwrap();
        assert!(options.prefix(prefix).is_err(), "{prefix:?}");
    }
}

#[tokio::test]
async fn connects_through_a_unix_socket() {
    let server = Server::with("--unixsocket redis.sock");
    let path = server.directory().join("redis.sock");
    let url = format!("unix://{}", path.display());
    let options = RedisStoreOptions::new(&url).unwrap();
    let store = RedisStore::connect(options).await.unwrap();
    append(&store, 1, Entry::window("a", "1")).await;
    assert_eq!(
        texts(&whole_page(&server.store().await, &["a"]).await),
        ["1"]
    );
}

#[tokio::test]
async fn connects_by_the_third_version_of_the_protocol() {
    let server = Server::start();
    let url = format!("{}/?protocol=resp3", server.url());
    let store = RedisStore::connect(RedisStoreOptions::new(&url).unwrap())
        .await
        .unwrap();
    append(&store, 1, Entry::window("a", "1")).await;
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["1"]);
    let records = crate::support::records(&store, None, 1).await;
    assert_eq!(crate::support::stored(&records[0]).entry.bytes(), "1");
}

#[tokio::test]
async fn hubs_with_different_prefixes_are_apart() {
    let server = Server::start();
    let options = server.options().prefix("other").unwrap();
    let other = RedisStore::connect(options).await.unwrap();
    append(&other, 1, Entry::window("a", "1")).await;
    assert!(texts(&whole_page(&server.store().await, &["a"]).await).is_empty());
    let mut keys: Vec<String> = server.run("KEYS {other}:*").await;
    keys.sort();
    let expected = [
        "hub",
        "meta",
        "publisher:0000000000000001",
        "state:a",
        "topic:a",
    ];
    assert_eq!(keys, expected.map(|part| format!("{{other}}:{part}")));
}

#[tokio::test]
async fn all_keys_are_declared() {
    // A server in cluster mode refuses keys of other slots, if they are declared.
    let server = Server::with("--cluster-enabled yes");
    let () = server.run("CLUSTER ADDSLOTSRANGE 0 16383").await;
    while !server
        .run::<String>("CLUSTER INFO")
        .await
        .contains("cluster_state:ok")
    {}
    let store = server.store().await;
    append(&store, 1, Entry::window("a", "1")).await;
    append(&store, 2, Entry::removal("t", "k", "2")).await;
    assert_eq!(texts(&whole_page(&store, &["a", "t"]).await), ["1", "2"]);
}
