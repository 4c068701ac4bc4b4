use std::{error::Error as StdError, fmt};

use crate::{BoxError, Error};

/// Why an event was not published. Nobody got anything of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The channel is closed.
    Closed,
    /// The event, or those that are published together, are larger than all that the channel may
    /// hold.
    TooLarge {
        /// How long they are, in bytes.
        len: usize,
        /// How many bytes the channel holds at most.
        max: usize,
    },
    /// More events are published together than the channel may hold: every subscriber would lag at
    /// once.
    TooMany {
        /// How many events the channel holds at most.
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
    pub(super) fn encode(error: BoxError) -> Self {
        Self::Encode(Error::encode(error))
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the channel is closed"),
            Self::TooLarge { len, max } => {
                write!(f, "{len} bytes are too many for a channel that holds {max}")
            }
            Self::TooMany { max } => {
                write!(f, "the events are too many for a channel that holds {max}")
            }
            Self::Encode(_) => f.write_str("the event cannot be published"),
            Self::Before(_) => f.write_str("what comes before the publication has failed"),
        }
    }
}

impl StdError for PublishError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Encode(error) => Some(error),
            Self::Before(error) => Some(&**error),
            Self::Closed | Self::TooLarge { .. } | Self::TooMany { .. } => None,
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
