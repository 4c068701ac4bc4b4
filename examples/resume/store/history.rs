//! What the topics retain.

use std::{num::NonZeroU32, time::Duration};

use rusqlite::{OptionalExtension, Transaction};
use tower_sse::store::{Entry, EntryKind, Position, Topic};

use super::{
    SqliteError, SqliteOptions,
    state::{Place, integer, position},
    topic_state::TopicState,
};

/// Appends an entry to a topic. Returns the position of the topic's entry before it.
pub(super) fn append(
    transaction: &Transaction<'_>,
    topic: &Topic,
    entry: &Entry,
    place: Place,
    options: &SqliteOptions,
) -> Result<Position, SqliteError> {
    let is_keyed = entry.kind().key().is_some();
    let state = TopicState::advance(transaction, topic, is_keyed, place.position)?;
    let number = state.number + 1;
    // It replaces the entry of the same key.
    let sql = "insert or replace into history values (?, ?, ?, ?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute((
        topic.as_str(),
        number,
        integer(place.position),
        integer(state.last),
        entry.kind().name(),
        entry.kind().key(),
        &entry.bytes()[..],
        place.stored_at,
    ))?;
    match entry.kind() {
        EntryKind::Window => trim(transaction, topic, number, options.max_events)?,
        EntryKind::Removal(_) => drop_removals(transaction, topic, options.max_events)?,
        _ => {}
    }
    Ok(state.last)
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
    let dropped = dropped.query_row((topic.as_str(), max.get()), |row| position(row, 0));
    let Some(dropped) = dropped.optional()? else {
        return Ok(());
    };
    let sql = "delete from history where topic = ? and kind = 'removal' and position <= ?";
    let removals = (topic.as_str(), integer(dropped));
    transaction.prepare_cached(sql)?.execute(removals)?;
    TopicState::note_dropped(transaction, topic, dropped)
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
