//! The errors of channels.

use std::{error::Error as StdError, fmt};

use super::InvalidName;
use crate::{BoxError, Error, InvalidEventId, InvalidEventName, store::StoreError};

/// An error from publishing an event. No subscriber gets anything of the event, except perhaps after
/// [`Store`](Self::Store).
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The channel is closed.
    Closed,
    /// The event, or the events published together, are larger than everything that the channel may
    /// retain.
    TooLarge {
        /// The length of the events in bytes.
        len: usize,
        /// The maximum number of bytes that the channel retains.
        max: usize,
    },
    /// More events were published together than the channel may retain: every subscriber would lag at
    /// once.
    TooMany {
        /// The maximum number of events that the channel retains.
        max: usize,
    },
    /// The key of a keyed channel is invalid.
    Key(InvalidName),
    /// The keyed channel, or its hub, has no room for the key ([`KeyPolicy`](super::KeyPolicy)).
    Full,
    /// A channel of the event cannot be made, or is keyed ([`Hub::publish`](super::Hub::publish)).
    Channel(ChannelError),
    /// The store of the hub has not accepted the event. If the kind of the error is
    /// [`Unknown`](crate::store::StoreErrorKind::Unknown), it may have it nevertheless, and subscribers may get
    /// it. After any other it is not stored.
    Store(StoreError),
    /// The event cannot be encoded.
    Encode(Error),
    /// The closure that runs before the publication has failed
    /// ([`StateChannel::update`](super::StateChannel::update)).
    Before(BoxError),
}

impl PublishError {
    pub(crate) fn encode(error: BoxError) -> Self {
        Self::Encode(Error::encode(error))
    }

    /// Returns the text without the cause, for a response: a cause may have details that a client must
    /// not see.
    pub(super) fn without_cause(&self) -> WithoutCause<'_> {
        WithoutCause(self)
    }

    /// Returns the cause, which the text names.
    fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Encode(error) => Some(error.source().unwrap_or(error)),
            Self::Before(error) => Some(&**error),
            Self::Channel(error) => Some(error),
            Self::Key(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Closed | Self::TooLarge { .. } | Self::TooMany { .. } | Self::Full => None,
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

/// The text names the cause, so `source()` returns the cause of that cause: a report of the whole chain repeats
/// nothing.
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
            PublishError::Key(_) => f.write_str("the key is invalid"),
            PublishError::Store(error) if error.is_unknown() => {
                f.write_str("the store may or may not have the event")
            }
            PublishError::Store(_) => f.write_str("the store does not have the event"),
            PublishError::Full => f.write_str("the channel has no room for another key"),
            PublishError::Channel(_) => f.write_str("the event cannot be published in the channel"),
            PublishError::Encode(_) => f.write_str("the event cannot be encoded"),
            PublishError::Before(_) => f.write_str("the closure before the event has failed"),
        }
    }
}

/// An error for a channel that a hub cannot make.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelError {
    /// No channel can have this name.
    Name(InvalidName),
    /// The name begins with `presence:`, which is reserved for the feeds of
    /// [`Presence`](super::Presence), or with `tower-sse:`. The feeds can be subscribed to, but nobody can publish
    /// there.
    Reserved,
    /// The channel has no presence ([`ChannelOptions::presence`](super::ChannelOptions::presence)).
    NoPresence,
    /// A subscriber with this name cannot be present in a channel
    /// ([`Hub::subscriber`](super::Hub::subscriber)).
    SubscriberName(InvalidName),
    /// The channel is keyed: use [`Hub::keyed_channel`](super::Hub::keyed_channel). An event of a keyed
    /// channel cannot be published to other channels as well.
    Keyed,
    /// The channel is not keyed: use [`Hub::channel`](super::Hub::channel).
    NotKeyed,
    /// The hub has the maximum number of channels, and found no idle one that it could remove.
    TooMany {
        /// The maximum number of channels.
        max: usize,
    },
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(_) => f.write_str("no channel can have this name"),
            Self::Reserved => f.write_str("the name is reserved"),
            Self::NoPresence => f.write_str("the channel has no presence"),
            Self::SubscriberName(_) => {
                f.write_str("no subscriber with this name can be present in a channel")
            }
            Self::Keyed => f.write_str("the channel is keyed"),
            Self::NotKeyed => f.write_str("the channel is not keyed"),
            Self::TooMany { max } => write!(f, "the hub has {max} channels already"),
        }
    }
}

impl StdError for ChannelError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Name(error) | Self::SubscriberName(error) => Some(error),
            Self::Reserved
            | Self::NoPresence
            | Self::Keyed
            | Self::NotKeyed
            | Self::TooMany { .. } => None,
        }
    }
}

impl From<ChannelError> for PublishError {
    fn from(error: ChannelError) -> Self {
        Self::Channel(error)
    }
}

impl From<InvalidName> for ChannelError {
    fn from(error: InvalidName) -> Self {
        Self::Name(error)
    }
}
