use std::{error::Error as StdError, fmt};

use crate::{BoxError, Error, InvalidEventId, InvalidEventName};

/// Why an event was not published. Nobody got anything of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The channel is closed.
    Closed,
    /// The event, or those that are published together, are larger than all that the channel may
    /// retain.
    TooLarge {
        /// How long they are, in bytes.
        len: usize,
        /// How many bytes the channel retains at most.
        max: usize,
    },
    /// More events are published together than the channel may retain: every subscriber would lag at
    /// once.
    TooMany {
        /// How many events the channel retains at most.
        max: usize,
    },
    /// The event cannot be encoded.
    Encode(Error),
    /// What was to be done before has failed
    /// ([`Channel::publish_with`](super::Channel::publish_with),
    /// [`StateChannel::update`](super::StateChannel::update)).
    Before(BoxError),
}

impl PublishError {
    pub(crate) fn encode(error: BoxError) -> Self {
        Self::Encode(Error::encode(error))
    }

    /// Returns what went wrong, without the cause, which is none of a client's business.
    pub(super) fn without_cause(&self) -> WithoutCause<'_> {
        WithoutCause(self)
    }

    /// Returns the cause, which the text names.
    fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Encode(error) => Some(error.source().unwrap_or(error)),
            Self::Before(error) => Some(&**error),
            Self::Closed | Self::TooLarge { .. } | Self::TooMany { .. } => None,
        }
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.without_cause().fmt(f)?;
        match self.cause() {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// The text of [`PublishError::Encode`] and [`PublishError::Before`] names the cause. So `source()` is the
/// cause of that one, and a report says nothing twice.
impl StdError for PublishError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause()?.source()
    }
}

impl From<InvalidEventId> for PublishError {
    fn from(error: InvalidEventId) -> Self {
        Self::encode(error.into())
    }
}

impl From<InvalidEventName> for PublishError {
    fn from(error: InvalidEventName) -> Self {
        Self::encode(error.into())
    }
}

/// A [`PublishError`] without its cause.
pub(super) struct WithoutCause<'a>(&'a PublishError);

impl fmt::Display for WithoutCause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            PublishError::Closed => f.write_str("the channel is closed"),
            PublishError::TooLarge { len, max } => {
                write!(f, "{len} bytes are too many for a channel that holds {max}")
            }
            PublishError::TooMany { max } => {
                write!(f, "the events are too many for a channel that holds {max}")
            }
            PublishError::Encode(_) => f.write_str("the event cannot be encoded"),
            PublishError::Before(_) => f.write_str("what comes before the publication has failed"),
        }
    }
}

/// There are as many topics as may be, and none was found that is vacant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooManyTopics(pub(super) ());

impl fmt::Display for TooManyTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are too many topics")
    }
}

impl StdError for TooManyTopics {}
