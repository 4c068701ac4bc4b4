//! A store of [tower-sse](tower_sse) in Redis Streams: one hub of Server-Sent Events on any number of nodes.
//!
//! Each node opens a [`Hub`](tower_sse::Hub) over the same Redis. Its subscribers get the events of all nodes, and a
//! client that reconnects to another node resumes there by its `Last-Event-ID`, with no loss and no duplicates. If Redis
//! has an append-only file, so does one that comes back after all nodes and Redis were restarted.
//!
//! The guide of tower-sse says [what a hub over a store guarantees](tower_sse::guide::nodes), and how to run it. The
//! example [`nodes`](https://docs.rs/crate/tower-sse-redis/latest/source/examples/nodes/) has two nodes and a page
//! that goes on while they are killed.
//!
//! ```no_run
//! use futures_util::StreamExt;
//! use tower_sse::{Event, Hub, HubOptions};
//! use tower_sse_redis::{RedisStore, RedisStoreOptions};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
//! let options = RedisStoreOptions::new("redis://127.0.0.1:6379")?.prefix("shop")?;
//! let store = RedisStore::connect(options).await?;
//! let hub = Hub::open(store, HubOptions::new()).await?;
//!
//! // Subscribers of all nodes get it.
//! let mut room = hub.subscribe(["room/7"]).await?;
//! hub.publish(["room/7"], &Event::new("hello")).await?;
//! let event = room.next().await.unwrap();
//! assert!(event.encoded().as_bytes().starts_with(b"data: hello\n"));
//! # Ok(())
//! # }
//! ```
//!
//! # Requirements
//!
//! - Redis 7.0 or later, or Valkey. The tests run on Redis 7.0.15, and have passed on Valkey 8.1.1.
//! - `maxmemory-policy noeviction`, if there is a `maxmemory`: another policy may evict a part of a hub. When Redis is
//!   full, publishing fails with [`StoreErrorKind::Full`](tower_sse::store::StoreErrorKind::Full), and subscribers
//!   still read.
//! - For restarts without loss, `appendonly yes`.
//! - A user with the rights `~{prefix}:* +@read +@write +@connection +@scripting -@dangerous +time`, and `+info` for
//!   [`gap_after_restart`](RedisStoreOptions::gap_after_restart).
//! - In a cluster, the URL of the primary that has the slot of the prefix. The store does not follow the slot to
//!   another server, but it connects to the URL again when its server is a primary no longer. After a failover by hand,
//!   close the connections to the old primary (`CLIENT KILL TYPE normal`), as Sentinel does.
//!
//! # What Redis can lose
//!
//! With `appendfsync everysec`, the default of an append-only file, Redis acknowledges an event before it is on disk. A
//! power failure loses up to about two seconds, a killed process what Redis has held back while the disk was slow, and a
//! failover to a replica what the replica had not received. With `appendfsync always` and no failover nothing that was
//! acknowledged is lost. Without an append-only file, which is the default of Redis, a restart loses everything since the
//! last snapshot.
//!
//! A node that knows of a lost event makes the store record the loss, and the clients are notified of a gap. Positions
//! are made from the clock of Redis and are never lower than those before, nor than those that a node knows. So a lost
//! position is not given to another event, unless no node knows it and the clock of a new primary is behind. If no node is left that knows of the loss, it is not noticed, unless the option
//! [`gap_after_restart`](RedisStoreOptions::gap_after_restart) makes every restart of Redis a gap.
//!
//! `FLUSHALL` ends the epoch of the hub: all ids are gaps from then on. So does a backup that is restored, if you delete
//! the key `{prefix}:meta` before nodes connect; otherwise it is like a loss. A topic whose keys are deleted
//! by hand reports a gap if `{prefix}:state:TOPIC` is left. If that is deleted too, the topic is forgotten.
//!
//! # Memory
//!
//! The hub stream retains each event once, for as long as a node may be disconnected
//! ([`max_records`](RedisStoreOptions::max_records)). The topics have them once more, for as long as clients may be away
//! ([`max_entries`](RedisStoreOptions::max_entries), [`max_age`](RedisStoreOptions::max_age)). Without a maximum age a
//! topic that is not used any more stays.
//!
//! # Keys
//!
//! | key | type | content |
//! |---|---|---|
//! | `{prefix}:meta` | hash | the version of the layout, the epoch, the last position, the last recorded loss, the server |
//! | `{prefix}:hub` | stream | the records of all topics |
//! | `{prefix}:publisher:ID` | string | the newest batch of a publisher, for an hour |
//! | `{prefix}:state:TOPIC` | hash | the last position of a topic; of a keyed topic its entries too |
//! | `{prefix}:topic:TOPIC` | stream or sorted set | the history of a topic; the order of the keys of a keyed topic |
//! | `{prefix}:removals:TOPIC` | sorted set | the order of the removals of a keyed topic |
//!
//! A batch is appended by one script, and a page is read by one script. Versions of this crate that know the same
//! layout run beside each other: each ignores the fields and the kinds of entries that it does not know. A hub of
//! another layout is refused, before anything is written: a new layout needs another prefix, or all nodes at once.
//!
//! # Features
//!
//! - `tls`: `rediss://` URLs, with rustls and the certificates of the system's authorities, or those that
//!   `RedisStoreOptions::root_certificates` sets. There are no client certificates. If the process has no default
//!   provider of rustls, [`RedisStore::connect`] installs that of ring: an application that installs one does so before.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod append;
mod decode;
mod error;
mod fields;
mod ids;
mod keys;
mod link;
mod options;
mod read;
mod scripts;
mod shared;
mod store;
mod tail;
#[cfg_attr(not(feature = "tls"), path = "tls/absent.rs")]
mod tls;

pub use self::{
    options::{InvalidRedisOption, RedisStoreOptions},
    store::RedisStore,
};

// The example of the README is compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
