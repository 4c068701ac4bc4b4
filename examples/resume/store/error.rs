//! What can go wrong, and what it means for the hub.

use std::{error::Error, fmt};

use rusqlite::ErrorCode;
use tokio::task::JoinError;
use tower_sse::store::{StoreError, StoreErrorKind};

#[derive(Debug)]
pub(crate) enum SqliteError {
    Sqlite(rusqlite::Error),
    /// The store never accepts the call.
    Refused(String),
    /// The thread has panicked, or the runtime has stopped.
    Thread(JoinError),
}

impl SqliteError {
    pub(crate) fn refused(cause: impl fmt::Display) -> Self {
        Self::Refused(cause.to_string())
    }

    /// Returns the code of an error of SQLite.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }

    fn kind(&self) -> StoreErrorKind {
        if matches!(self, Self::Thread(_)) {
            return StoreErrorKind::Unknown;
        }
        match self.code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreErrorKind::Unavailable
            }
            Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
            Some(ErrorCode::ReadOnly) => StoreErrorKind::ReadOnly,
            // A commit that could not be synced may be found in the log after a restart.
            Some(ErrorCode::SystemIoFailure) => StoreErrorKind::Unknown,
            _ => StoreErrorKind::Refused,
        }
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        Self::with_source(error.kind(), error)
    }
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<JoinError> for SqliteError {
    fn from(error: JoinError) -> Self {
        Self::Thread(error)
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(_) => f.write_str("the database failed"),
            Self::Refused(cause) => f.write_str(cause),
            Self::Thread(_) => f.write_str("the thread of the database failed"),
        }
    }
}

impl Error for SqliteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Sqlite(error) => Some(error),
            Self::Refused(_) => None,
            Self::Thread(error) => Some(error),
        }
    }
}
