//! The errors of JSON as those of a channel: in a handler that publishes, `?` serves for both.

use crate::{PublishError, TaggedError};

impl From<serde_json::Error> for PublishError {
    fn from(error: serde_json::Error) -> Self {
        Self::encode(error.into())
    }
}

impl From<TaggedError> for PublishError {
    fn from(error: TaggedError) -> Self {
        Self::encode(error.into())
    }
}
