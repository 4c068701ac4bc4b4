//! The errors of publishing through a store.

use std::{error::Error, fmt};

use crate::store::StoreError;

/// An error from publishing through a store.
#[derive(Clone, Debug)]
pub(in crate::channel) enum CommitError {
    /// The event is larger than everything that may wait. It is not stored.
    TooLarge {
        /// The length of the event in bytes, with 256 for its place.
        len: usize,
        /// The maximum number of bytes that may wait.
        max: usize,
    },
    /// The store has not taken the event in time. It is not stored, and never will be. The error of the last
    /// attempt, if there was one.
    TimedOut(Option<StoreError>),
    /// The store has not accepted the event. It is not stored.
    Store(StoreError),
    /// The store may have stored the event, or may do so later. Subscribers get it once at most. The error of
    /// the last attempt, if the store has answered.
    Unknown(Option<StoreError>),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { len, max } => {
                write!(f, "{len} bytes are too many for a queue that holds {max}")
            }
            Self::TimedOut(_) => f.write_str("the event was not stored in time"),
            Self::Store(_) => f.write_str("the event was not accepted"),
            Self::Unknown(_) => f.write_str("the event may or may not be stored"),
        }
    }
}

impl Error for CommitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::TimedOut(error) | Self::Unknown(error) => error.as_ref().map(|error| error as _),
            Self::TooLarge { .. } => None,
        }
    }
}
