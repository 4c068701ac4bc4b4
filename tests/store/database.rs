//! The store of the example `resume`, in a database that is removed after the test.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use futures_util::Stream;
use rusqlite::Connection;
use tower_sse::store::{Appended, Batch, HubStore, Page, Position, StoreError, Tailed, Topic};

use crate::sqlite::{SqliteOptions, SqliteStore};

/// A directory, which is removed when this is dropped.
pub(crate) struct Database(PathBuf);

impl Database {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let path = env::temp_dir().join("tower-sse-store-".to_owned() + &name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("events")
    }

    pub(crate) async fn open(&self, options: SqliteOptions) -> SqliteStore {
        SqliteStore::open(self.file(), options).await.unwrap()
    }

    /// Connects to the database as another process does.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store with a database of its own.
pub(crate) struct OwnedStore {
    store: SqliteStore,
    _database: Database,
}

impl OwnedStore {
    /// Creates a store of the epoch `now`.
    pub(crate) async fn new() -> Self {
        let database = Database::new();
        let store = database.open(SqliteOptions::default()).await;
        let sql = "update hub set epoch = 'now'";
        database.connect().execute(sql, []).unwrap();
        Self {
            store,
            _database: database,
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
