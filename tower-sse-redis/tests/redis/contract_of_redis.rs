//! The contract of stores, with Redis.

use futures_util::Stream;
use tower_sse::store::{Appended, Batch, HubStore, Page, Position, StoreError, Tailed, Topic};
use tower_sse_redis::RedisStore;

use crate::{
    contract::{contract, contract_of_losses},
    server::Server,
};

contract!(OwnedStore::new().await);
contract_of_losses!(OwnedStore::new().await);

/// A store with a server of its own.
struct OwnedStore {
    store: RedisStore,
    _server: Server,
}

impl OwnedStore {
    /// Creates a store of the epoch `now`.
    async fn new() -> Self {
        let server = Server::start();
        let store = server.store().await;
        let () = server.run("HSET {tower-sse}:meta epoch now").await;
        Self {
            store,
            _server: server,
        }
    }
}

impl HubStore for OwnedStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.store.append(batch).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.store.read(topics, after, limit).await
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        self.store.tail(after)
    }
}
