//! Appending the batches of hubs, each of them once.

use rusqlite::{OptionalExtension, Transaction};
use tower_sse::store::{Appended, Batch, Entry, Position, PublisherId};

use super::{
    Outbox, SqliteError,
    state::{head, integer, position},
};

/// A batch on its way to the thread of the database. The events are shared.
pub(super) struct OwnedBatch {
    publisher: i64,
    counter: i64,
    entries: Vec<Entry>,
}

impl From<Batch<'_>> for OwnedBatch {
    fn from(batch: Batch<'_>) -> Self {
        Self {
            publisher: publisher(batch.publisher),
            // A hub counts its batches from one.
            counter: i64::try_from(batch.counter).unwrap_or(i64::MAX),
            entries: batch.entries.to_vec(),
        }
    }
}

/// SQLite has signed integers only. Each publisher has one of its own.
fn publisher(id: PublisherId) -> i64 {
    i64::from_ne_bytes(id.get().to_ne_bytes())
}

impl OwnedBatch {
    /// Appends the entries, unless they are stored already.
    pub(super) fn append(
        &self,
        transaction: &Transaction<'_>,
        outbox: Outbox,
    ) -> Result<Appended, SqliteError> {
        let epoch = head(transaction)?.epoch;
        if let Some(positions) = self.answer(transaction)? {
            return Ok(Appended::new(epoch, positions));
        }
        let entries = self.entries.iter();
        let positions = entries.map(|entry| outbox.add(transaction, entry));
        let positions = positions.collect::<Result<Vec<_>, _>>()?;
        self.remember(transaction, &positions)?;
        Ok(Appended::new(epoch, positions))
    }

    /// Returns the answer to a batch that is stored already.
    fn answer(&self, transaction: &Transaction<'_>) -> Result<Option<Vec<Position>>, SqliteError> {
        let sql = "select counter, first, entries from publisher where id = ?";
        let mut newest = transaction.prepare_cached(sql)?;
        let newest = newest.query_row([self.publisher], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                position(row, 1)?,
                row.get::<_, u32>(2)?,
            ))
        });
        let Some((counter, first, entries)) = newest.optional()? else {
            return Ok(None);
        };
        if self.counter < counter {
            let cause = "the store has a newer batch of this publisher";
            return Err(SqliteError::refused(cause));
        }
        // They follow each other, because nothing else is written in the transaction.
        let positions = (0..u64::from(entries)).map(|index| Position::new(first.get() + index));
        Ok((self.counter == counter).then(|| positions.collect()))
    }

    /// Remembers the batch, and forgets publishers that were silent for an hour.
    fn remember(
        &self,
        transaction: &Transaction<'_>,
        positions: &[Position],
    ) -> Result<(), SqliteError> {
        let first = positions.first().copied().unwrap_or_default();
        let sql = "insert or replace into publisher values (?, ?, ?, ?, unixepoch())";
        let row = (
            self.publisher,
            self.counter,
            integer(first),
            self.entries.len() as i64,
        );
        transaction.prepare_cached(sql)?.execute(row)?;
        let sql = "delete from publisher where stored_at < unixepoch() - 3600";
        transaction.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
