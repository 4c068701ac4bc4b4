//! Maps the errors of Redis to [`StoreErrorKind`].

use std::{error::Error, fmt, io, sync::Arc};

use redis::{ErrorKind, RedisError};
use tower_sse::store::{StoreError, StoreErrorKind};

/// Returns the error of a call that changes nothing, or that was not sent.
pub(crate) fn before_sending(error: RedisError) -> StoreError {
    let kind = match is_certificate(&error) {
        true => StoreErrorKind::Refused,
        false => kind_of(&error).unwrap_or(StoreErrorKind::Unavailable),
    };
    StoreError::with_source(kind, error)
}

/// Returns the error of an append that was sent.
pub(crate) fn after_sending(error: RedisError) -> StoreError {
    let kind = kind_of(&error).unwrap_or(StoreErrorKind::Unknown);
    StoreError::with_source(kind, error)
}

/// Returns the meaning of an answer; `None` if there was no answer.
fn kind_of(error: &RedisError) -> Option<StoreErrorKind> {
    match error.kind() {
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::UnexpectedReturnType => None,
        ErrorKind::Server(_) | ErrorKind::Extension => Some(kind_of_answer(error)),
        _ => Some(StoreErrorKind::Refused),
    }
}

/// Returns `true` if the server is not the one that its certificate should name.
fn is_certificate(error: &RedisError) -> bool {
    if error.kind() != ErrorKind::Io {
        return false;
    }
    let source = error.source();
    // The errors of redis share their causes.
    let shared = source.and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let cause = shared.and_then(|shared| shared.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::InvalidData)
}

fn kind_of_answer(error: &RedisError) -> StoreErrorKind {
    match error.code() {
        Some("OOM") => StoreErrorKind::Full,
        Some("READONLY" | "MISCONF") => StoreErrorKind::ReadOnly,
        Some("LOADING" | "BUSY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "NOREPLICAS") => {
            StoreErrorKind::Unavailable
        }
        // The script has failed after its first write.
        Some("PARTIAL") => StoreErrorKind::Unknown,
        _ => StoreErrorKind::Refused,
    }
}

/// An answer or a record in Redis that this version does not understand.
#[derive(Debug)]
pub(crate) struct InvalidAnswer(pub(crate) &'static str);

impl fmt::Display for InvalidAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redis has answered with {}", self.0)
    }
}

impl Error for InvalidAnswer {}

impl From<InvalidAnswer> for StoreError {
    fn from(error: InvalidAnswer) -> Self {
        Self::with_source(StoreErrorKind::Refused, error)
    }
}
