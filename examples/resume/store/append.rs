//! Appending the batches of hubs, each of them once.

use rusqlite::{OptionalExtension, Transaction};
use tower_sse::store::{Appended, Batch, Position, PublisherId};

use super::{
    Outbox, SqliteError,
    state::{head, integer, position},
};

/// Appends the entries of a batch, unless they are stored already.
pub(super) fn append(
    transaction: &Transaction<'_>,
    batch: &Batch<'_>,
    outbox: Outbox,
) -> Result<Appended, SqliteError> {
    let epoch = head(transaction)?.epoch;
    if let Some(positions) = answer(transaction, batch)? {
        return Ok(Appended::new(epoch, positions));
    }
    let entries = batch.entries.iter();
    let positions = entries.map(|entry| outbox.add(transaction, entry));
    let positions = positions.collect::<Result<Vec<_>, _>>()?;
    remember(transaction, batch, &positions)?;
    Ok(Appended::new(epoch, positions))
}

/// Returns the answer to a batch that is stored already.
fn answer(
    transaction: &Transaction<'_>,
    batch: &Batch<'_>,
) -> Result<Option<Vec<Position>>, SqliteError> {
    let sql = "select counter, first, entries from publisher where id = ?";
    let mut newest = transaction.prepare_cached(sql)?;
    let newest = newest.query_row([publisher(batch.publisher)], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            position(row, 1)?,
            row.get::<_, u32>(2)?,
        ))
    });
    let Some((newest, first, entries)) = newest.optional()? else {
        return Ok(None);
    };
    let counter = counter(batch);
    if counter < newest {
        let cause = "the store has a newer batch of this publisher";
        return Err(SqliteError::refused(cause));
    }
    // They follow each other, because nothing else is written in the transaction.
    let positions = (0..u64::from(entries)).map(|index| Position::new(first.get() + index));
    Ok((counter == newest).then(|| positions.collect()))
}

/// Remembers the batch, and forgets publishers that were silent for an hour.
fn remember(
    transaction: &Transaction<'_>,
    batch: &Batch<'_>,
    positions: &[Position],
) -> Result<(), SqliteError> {
    let first = positions.first().copied().unwrap_or_default();
    let sql = "insert or replace into publisher values (?, ?, ?, ?, unixepoch())";
    let row = (
        publisher(batch.publisher),
        counter(batch),
        integer(first),
        batch.entries.len() as i64,
    );
    transaction.prepare_cached(sql)?.execute(row)?;
    let sql = "delete from publisher where stored_at < unixepoch() - 3600";
    transaction.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// A hub counts its batches from one.
fn counter(batch: &Batch<'_>) -> i64 {
    i64::try_from(batch.counter).unwrap_or(i64::MAX)
}

/// SQLite has signed integers only. Each publisher has one of its own.
fn publisher(id: PublisherId) -> i64 {
    i64::from_ne_bytes(id.get().to_ne_bytes())
}
