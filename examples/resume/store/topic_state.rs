//! What the store knows of a topic, whatever the topic retains.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tower_sse::store::{Position, Topic};

use super::{
    SqliteError,
    state::{integer, position},
};

/// A topic that has had entries.
pub(super) struct TopicState {
    pub(super) is_keyed: bool,
    /// The position of the newest entry.
    pub(super) last: Position,
    /// The number of the newest entry.
    pub(super) number: i64,
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

    /// Gives the topic a newest entry. Returns the state before that.
    pub(super) fn advance(
        transaction: &Transaction<'_>,
        topic: &Topic,
        is_keyed: bool,
        to: Position,
    ) -> Result<Self, SqliteError> {
        let state = Self::find(transaction, topic)?.unwrap_or(Self {
            is_keyed,
            last: Position::ZERO,
            number: 0,
            dropped: Position::ZERO,
        });
        if state.is_keyed != is_keyed {
            let cause = format_args!("the topic {topic} is of another kind");
            return Err(SqliteError::refused(cause));
        }
        let sql = "insert into topic (name, is_keyed, last, number) values (?, ?, ?, ?)
            on conflict do update set last = excluded.last, number = excluded.number";
        let row = (topic.as_str(), is_keyed, integer(to), state.number + 1);
        transaction.prepare_cached(sql)?.execute(row)?;
        Ok(state)
    }

    /// Notes that the topic has dropped a removal.
    pub(super) fn note_dropped(
        transaction: &Transaction<'_>,
        topic: &Topic,
        at: Position,
    ) -> Result<(), SqliteError> {
        let sql = "update topic set dropped = ? where name = ?";
        let row = (integer(at), topic.as_str());
        transaction.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }
}
