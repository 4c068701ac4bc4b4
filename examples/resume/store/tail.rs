//! The records of all topics, in order.

use std::num::NonZeroU32;

use rusqlite::{Connection, Row, Transaction};
use tower_sse::store::{Entry, Epoch, Position, Record, StoredEntry, Tailed, Topic, Topics};

use super::{
    SqliteError, kind,
    state::{head, integer, position},
};

/// The maximum number of records that are read at once.
const AT_ONCE: i64 = 100;
/// The number of records that a hub reads when it is opened.
const NEWEST: u64 = 1_000;

/// Appends a record, with the position of the entry before it in each of its topics.
pub(super) fn append(
    transaction: &Transaction<'_>,
    at: Position,
    entry: &Entry,
    topics: &[(&str, u64)],
) -> Result<(), SqliteError> {
    let sql = "insert into tail (position, topics, kind, key, bytes) values (?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute((
        integer(at),
        serde_json::to_string(topics).map_err(SqliteError::refused)?,
        entry.kind().name(),
        entry.kind().key(),
        &entry.bytes()[..],
    ))?;
    Ok(())
}

/// Drops the oldest records.
pub(super) fn trim(
    transaction: &Transaction<'_>,
    last: Position,
    max: NonZeroU32,
) -> Result<(), SqliteError> {
    let sql = "delete from tail where position <= ?";
    let trimmed = integer(last) - i64::from(max.get());
    transaction.prepare_cached(sql)?.execute([trimmed])?;
    Ok(())
}

/// Returns where a hub begins that has no records.
pub(super) fn start(connection: &Connection) -> Result<Position, SqliteError> {
    let last = head(connection)?.last.get();
    Ok(Position::new(last.saturating_sub(NEWEST)))
}

/// Reads the oldest records after a position, some at a time.
pub(super) fn read(
    transaction: &Transaction<'_>,
    after: Position,
) -> Result<Vec<Tailed>, SqliteError> {
    let epoch = head(transaction)?.epoch;
    let sql = "select position, topics, kind, key, bytes from tail
        where position > ? order by position limit ?";
    let mut found = transaction.prepare_cached(sql)?;
    let mut rows = found.query((integer(after), AT_ONCE))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row, epoch)?);
    }
    Ok(records)
}

fn record(row: &Row<'_>, epoch: Epoch) -> Result<Tailed, SqliteError> {
    let at = position(row, 0)?;
    let invalid = || SqliteError::refused(format_args!("the record at {} is invalid", at.get()));
    let topics: String = row.get(1)?;
    let topics: Vec<(String, u64)> = serde_json::from_str(&topics).map_err(|_| invalid())?;
    let (topics, topic_before): (Vec<_>, Vec<_>) = topics
        .into_iter()
        .map(|(topic, before)| (Topic::from(topic), Position::new(before)))
        .unzip();
    let topics = Topics::try_from_iter(topics).ok_or_else(invalid)?;
    let entry = Entry::new(topics, kind::read(row, 2)?, row.get::<_, Vec<u8>>(4)?);
    // Positions have no holes.
    let before = Position::new(at.get() - 1);
    let stored = StoredEntry::new(at, entry, topic_before);
    Ok(Tailed::new(epoch, before, Record::Entry(stored)))
}
