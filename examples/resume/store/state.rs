//! The row that all records share.

use rusqlite::{Connection, Row, Transaction};
use tower_sse::store::{Epoch, Head, Position};

use super::SqliteError;

/// The place of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) position: Position,
    /// The time of the record, which is never before that of an older record.
    pub(super) stored_at: i64,
}

impl Place {
    /// Takes the next place. If the transaction is rolled back, another takes it: nothing has seen it.
    ///
    /// SQLite has one writer at a time, so positions increase in the order of the commits.
    pub(super) fn next(transaction: &Transaction<'_>) -> Result<Self, SqliteError> {
        let sql = "update hub set last = last + 1, clock = max(clock, unixepoch())
            returning last, clock";
        let place = transaction.prepare_cached(sql)?.query_row([], |row| {
            Ok(Self {
                position: position(row, 0)?,
                stored_at: row.get(1)?,
            })
        });
        Ok(place?)
    }
}

/// Returns the state of the store in a transaction.
pub(super) fn head(connection: &Connection) -> Result<Head, SqliteError> {
    let sql = "select epoch, last from hub";
    let mut head = connection.prepare_cached(sql)?;
    let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, position(row, 1)?));
    let (epoch, last) = head.query_row([], row)?;
    let invalid = |error| SqliteError::refused(format_args!("`{epoch}`: {error}"));
    let epoch: Epoch = epoch.parse().map_err(invalid)?;
    // What is committed is never lost.
    Ok(Head::new(epoch, last, Position::ZERO))
}

/// Returns the position in a column.
pub(super) fn position(row: &Row<'_>, column: usize) -> rusqlite::Result<Position> {
    Ok(Position::new(row.get::<_, i64>(column)?.unsigned_abs()))
}

/// Returns a position as SQLite stores it. None in the database is higher than its integers.
pub(super) fn integer(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}
