//! The errors of stores.

use std::{error::Error, fmt, sync::Arc};

use crate::BoxError;

/// An error of a [`HubStore`](super::HubStore).
///
/// Clones share the cause: each publish of a batch gets the same error.
///
/// ```
/// use tower_sse::store::{StoreError, StoreErrorKind};
///
/// let error = StoreError::with_source(StoreErrorKind::Unavailable, "connection refused");
/// assert!(error.is_retryable());
/// assert_eq!(error.to_string(), "the store is unavailable");
/// ```
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The meaning of a [`StoreError`] for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store cannot be reached, or is starting. It has not stored the batch and will not. The same call may
    /// succeed later.
    Unavailable,
    /// The store has no room. It has not stored the batch.
    Full,
    /// The store accepts no entries, for example because it is a replica. It has not stored the batch.
    ReadOnly,
    /// The store will never accept this call, for example because of a wrong password, a topic of another kind
    /// or an entry that is too large. It has not stored the batch.
    Refused,
    /// The answer was lost or came too late. The store may have stored the batch, or may do so later.
    Unknown,
}

impl StoreError {
    /// Creates an error without a cause.
    pub const fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Creates an error with its cause.
    pub fn with_source(kind: StoreErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            source: Some(source.into().into()),
        }
    }

    /// Returns what the error means.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Returns `true` if the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Unavailable | StoreErrorKind::Unknown
        )
    }

    /// Returns `true` if the store may have stored the batch, or may do so later.
    pub const fn is_unknown(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Unknown)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Unavailable => "the store is unavailable",
            StoreErrorKind::Full => "the store is full",
            StoreErrorKind::ReadOnly => "the store is read-only",
            StoreErrorKind::Refused => "the store refused the call",
            StoreErrorKind::Unknown => "the outcome at the store is unknown",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
