//! The store, which its handles share.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_stream::try_stream;
use futures::Stream;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::{
    sync::{Mutex, watch},
    task::spawn_blocking,
    time::timeout,
};
use tower_sse::store::{Appended, Batch, HubStore, Page, Position, StoreError, Tailed, Topic};

use super::{Outbox, SqliteError, SqliteOptions, append::append, read, schema, tail};

/// The time after which a tail looks for what another process has written.
const POLL: Duration = Duration::from_millis(250);

/// A store in a database of SQLite. Clones share its connections.
///
/// Several processes of one machine can share the database.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
    committed: watch::Sender<()>,
    options: SqliteOptions,
}

impl SqliteStore {
    /// Opens a database, which is created if there is none.
    pub(crate) async fn open(path: PathBuf, options: SqliteOptions) -> Result<Self, SqliteError> {
        let connections = spawn_blocking(move || {
            let writer = schema::open_writer(&path)?;
            Ok::<_, SqliteError>((writer, schema::open_reader(&path)?))
        });
        let (writer, reader) = connections.await??;
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
            reader: Arc::new(Mutex::new(reader)),
            committed: watch::Sender::new(()),
            options,
        })
    }

    /// Returns the outbox, for transactions of [`write`](Self::write) or of any connection to the database.
    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::new(self.options)
    }

    /// Runs a transaction, commits it if it succeeds, and then wakes the tails.
    ///
    /// If the future is dropped, the transaction may be committed nevertheless.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let committed = self.committed.clone();
        run(&self.writer, move |connection| {
            // At once, so that it cannot fail in the middle because another process has written.
            let behavior = TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(behavior)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            // Here, because the task that waits may be gone by now.
            committed.send_replace(());
            Ok(value)
        })
        .await
    }

    /// Runs a transaction that sees one state of the database.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, SqliteError> {
        run(&self.reader, move |connection| {
            work(&connection.transaction()?)
        })
        .await
    }
}

/// Runs on a thread that may wait for the disk.
async fn run<T: Send + 'static>(
    connection: &Arc<Mutex<Connection>>,
    work: impl FnOnce(&mut Connection) -> Result<T, SqliteError> + Send + 'static,
) -> Result<T, SqliteError> {
    // A call that waits for the connection takes no thread.
    let mut connection = Arc::clone(connection).lock_owned().await;
    spawn_blocking(move || work(&mut connection)).await?
}

impl HubStore for SqliteStore {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        // For the thread of the database. The events are shared.
        let (batch, outbox) = (batch.into_owned(), self.outbox());
        let appended = self.write(move |transaction| append(transaction, &batch, outbox));
        Ok(appended.await?)
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (topics, options) = (topics.to_vec(), self.options);
        let page =
            self.query(move |transaction| read::read(transaction, &topics, after, limit, &options));
        Ok(page.await?)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        let store = self.clone();
        try_stream! {
            let mut committed = store.committed.subscribe();
            let mut at = match after {
                Some(after) => after,
                None => store.query(|transaction| tail::start(transaction)).await?,
            };
            loop {
                // Before the records are read, so that no commit between the two is missed.
                committed.mark_unchanged();
                let records = store.query(move |transaction| tail::read(transaction, at)).await?;
                if records.is_empty() {
                    let _ = timeout(POLL, committed.changed()).await;
                }
                for record in records {
                    at = record.record.position();
                    yield record;
                }
            }
        }
    }
}
