//! The kinds of entries, as the database has them.

use std::sync::Arc;

use rusqlite::Row;
use tower_sse::store::EntryKind;

use super::SqliteError;

/// Reads the kind of an entry from the columns of its name and its key, which follow each other.
pub(super) fn read(row: &Row<'_>, column: usize) -> Result<EntryKind, SqliteError> {
    let name: Box<str> = row.get(column)?;
    let key: Option<Arc<str>> = row.get(column + 1)?;
    let kind = EntryKind::from_name(&name, key);
    kind.ok_or_else(|| {
        SqliteError::refused(format_args!("an entry of the kind `{name}` is invalid"))
    })
}
