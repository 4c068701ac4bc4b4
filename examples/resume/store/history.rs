//! What the topics retain.

use std::{num::NonZeroU32, time::Duration};

use rusqlite::{Connection, OptionalExtension, Transaction};
use tower_sse::store::{Entry, EntryKind, Position, Topic};

use super::{
    SqliteError, SqliteOptions, kind,
    state::{Place, integer, position},
};

/// A topic that has had entries.
pub(super) struct TopicState {
    pub(super) is_keyed: bool,
    /// The position of the newest entry.
    pub(super) last: Position,
    /// The number of the newest entry.
    number: i64,
    /// The position of the newest removal that was dropped.
    pub(super) dropped: Position,
}

impl TopicState {
    pub(super) fn find(
        connection: &Connection,
        topic: &Topic,
    ) -> Result<Option<Self>, SqliteError> {
        let sql = "select is_keyed, last, number, dropped from topic where name = ?";
        let mut found = connection.prepare_cached(sql)?;
        let found = found.query_row([topic.as_str()], |row| {
            Ok(Self {
                is_keyed: row.get(0)?,
                last: position(row, 1)?,
                number: row.get(2)?,
                dropped: position(row, 3)?,
            })
        });
        Ok(found.optional()?)
    }
}

/// Appends an entry to a topic. Returns the position of the topic's entry before it.
pub(super) fn append(
    transaction: &Transaction<'_>,
    topic: &Topic,
    entry: &Entry,
    place: Place,
    options: &SqliteOptions,
) -> Result<Position, SqliteError> {
    let is_keyed = entry.kind().key().is_some();
    let found = TopicState::find(transaction, topic)?;
    if found
        .as_ref()
        .is_some_and(|found| found.is_keyed != is_keyed)
    {
        let cause = format_args!("the topic {topic} is of another kind");
        return Err(SqliteError::refused(cause));
    }
    let (before, number) = found.map_or((Position::ZERO, 0), |found| (found.last, found.number));
    let number = number + 1;
    let sql = "insert into topic (name, is_keyed, last, number) values (?, ?, ?, ?)
        on conflict do update set last = excluded.last, number = excluded.number";
    let row = (topic.as_str(), is_keyed, integer(place.position), number);
    transaction.prepare_cached(sql)?.execute(row)?;
    // It replaces the entry of the same key.
    let sql = "insert or replace into history values (?, ?, ?, ?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute((
        topic.as_str(),
        number,
        integer(place.position),
        integer(before),
        kind::name(entry.kind())?,
        entry.kind().key(),
        &entry.bytes()[..],
        place.stored_at,
    ))?;
    match entry.kind() {
        EntryKind::Window => trim(transaction, topic, number, options.max_events)?,
        EntryKind::Removal(_) => drop_removals(transaction, topic, options.max_events)?,
        _ => {}
    }
    Ok(before)
}

/// Drops the oldest entries.
fn trim(
    transaction: &Transaction<'_>,
    topic: &Topic,
    number: i64,
    max: NonZeroU32,
) -> Result<(), SqliteError> {
    let sql = "delete from history where topic = ? and number <= ?";
    let trimmed = (topic.as_str(), number - i64::from(max.get()));
    transaction.prepare_cached(sql)?.execute(trimmed)?;
    Ok(())
}

/// Drops the oldest removals. Clients that have not seen them get all keys anew.
fn drop_removals(
    transaction: &Transaction<'_>,
    topic: &Topic,
    max: NonZeroU32,
) -> Result<(), SqliteError> {
    let sql = "select position from history where topic = ? and kind = 'removal'
        order by number desc limit 1 offset ?";
    let mut dropped = transaction.prepare_cached(sql)?;
    let dropped = dropped.query_row((topic.as_str(), max.get()), |row| row.get::<_, i64>(0));
    let Some(dropped) = dropped.optional()? else {
        return Ok(());
    };
    let sql = "delete from history where topic = ? and kind = 'removal' and position <= ?";
    let removals = (topic.as_str(), dropped);
    transaction.prepare_cached(sql)?.execute(removals)?;
    let sql = "update topic set dropped = ? where name = ?";
    let state = (dropped, topic.as_str());
    transaction.prepare_cached(sql)?.execute(state)?;
    Ok(())
}

/// Drops what has expired, in all topics that are not keyed.
pub(super) fn expire(transaction: &Transaction<'_>, max_age: Duration) -> Result<(), SqliteError> {
    let sql = "delete from history where key is null and stored_at < unixepoch() - ?";
    transaction
        .prepare_cached(sql)?
        .execute([seconds(max_age)])?;
    Ok(())
}

/// Returns an age in seconds, at most some 136 years.
pub(super) fn seconds(age: Duration) -> u32 {
    u32::try_from(age.as_secs()).unwrap_or(u32::MAX)
}
