//! The store, which its handles share.

use std::{fmt, sync::Arc};

use futures_util::Stream;
use tower_sse::store::{
    Appended, Batch, HubStore, Page, Position, StoreError, StoreErrorKind, Tailed, Topic,
};

use crate::{
    append,
    error::{after_sending, before_sending},
    link::CallError,
    options::RedisStoreOptions,
    read,
    scripts::{APPEND, READ},
    shared::Shared,
    tail,
};

/// A store in Redis.
///
/// Clones are handles to the same store. A hub has three connections to Redis, whatever the number of its channels and
/// clients: one for appends, one for reads, and one that waits for new records. Each reconnects when it fails. The
/// store spawns tasks on tokio's runtime for them, which end with the last handle.
///
/// See the [crate's documentation](crate) for an example.
#[derive(Clone)]
pub struct RedisStore {
    shared: Arc<Shared>,
}

impl RedisStore {
    /// Connects to Redis, and reads the state of the hub. If there is none, an empty hub begins.
    ///
    /// # Errors
    ///
    /// Returns an error if Redis cannot be reached or is loading ([`StoreErrorKind::Unavailable`]), or if it refuses
    /// the user, has a certificate that is not trusted, or has a hub of another layout under this prefix
    /// ([`StoreErrorKind::Refused`]). An empty hub cannot begin on a replica ([`StoreErrorKind::ReadOnly`]) or on a
    /// server that is full ([`StoreErrorKind::Full`]).
    ///
    /// # Panics
    ///
    /// Panics outside of a runtime of tokio with time and I/O enabled, as all calls of the store do.
    pub async fn connect(options: RedisStoreOptions) -> Result<Self, StoreError> {
        let client = options.certificates.client(&options.server);
        let client =
            client.map_err(|error| StoreError::with_source(StoreErrorKind::Refused, error))?;
        let store = Self {
            shared: Arc::new(Shared::new(options, client)),
        };
        store.read(&[], Position::ZERO, 1).await?;
        Ok(store)
    }
}

impl HubStore for RedisStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        let shared = &self.shared;
        let input = append::encode(&batch, &shared.keys, &shared.options)?;
        let answer = APPEND.run(&shared.appends, &input).await;
        let answer = answer.map_err(|error| match error {
            CallError::NotSent(error) => before_sending(error),
            CallError::Sent(error) => after_sending(error),
        })?;
        let unknown = |error| StoreError::with_source(StoreErrorKind::Unknown, error);
        append::decode(answer).map_err(unknown)
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let shared = &self.shared;
        let input = read::encode(topics, after, limit, &shared.keys, &shared.options);
        let mut answer = READ.run(&shared.reads, &input).await;
        // The server may have closed a connection that was idle. Reading twice does no harm.
        if matches!(&answer, Err(CallError::Sent(error)) if error.is_connection_dropped()) {
            answer = READ.run(&shared.reads, &input).await;
        }
        let answer = answer.map_err(|error| before_sending(error.into()))?;
        Ok(read::decode(answer, topics, limit)?)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        tail::tail(Arc::clone(&self.shared), after)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
