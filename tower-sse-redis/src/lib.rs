//! A store of [tower-sse](https://docs.rs/tower-sse) in Redis.
//!
//! ```no_run
//! use tower_sse::{Event, Hub, HubOptions};
//! use tower_sse_redis::{RedisStore, RedisStoreOptions};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
//! let options = RedisStoreOptions::new("redis://127.0.0.1:6379")?.prefix("shop")?;
//! let store = RedisStore::connect(options).await?;
//! let hub = Hub::open(store, HubOptions::new()).await?;
//!
//! // Subscribers of all nodes get it.
//! let id = hub.publish(["room/7"], &Event::new("hello")).await?;
//! # drop(id);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod append;
mod decode;
mod error;
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
