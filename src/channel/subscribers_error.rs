//! The error of changes of open subscriptions.

use std::{error::Error as StdError, fmt};

use super::ChannelError;
use crate::store::StoreError;

/// An error from changing open subscriptions through the store of a hub ([`Subscribers`](super::Subscribers)).
#[derive(Debug)]
#[non_exhaustive]
pub enum SubscribersError {
    /// The channel cannot be added: it cannot be made, or a subscriber of this name cannot be present in it. No
    /// subscription has it.
    Channel(ChannelError),
    /// The change is not stored, or this hub has not applied it in time. If the kind of the error is
    /// [`Unknown`](crate::store::StoreErrorKind::Unknown), the store may have the change nevertheless, and hubs
    /// apply it when they read it. After any other the subscriptions stay as they are.
    Store(StoreError),
}

impl SubscribersError {
    /// Returns the text without the cause, for a response.
    pub(super) fn without_cause(&self) -> &'static str {
        match self {
            Self::Channel(_) => "the channel cannot be added to subscriptions",
            Self::Store(error) if error.is_unknown() => "the subscriptions may or may not change",
            Self::Store(_) => "the subscriptions do not change",
        }
    }

    fn cause(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Channel(error) => error,
            Self::Store(error) => error,
        }
    }
}

impl fmt::Display for SubscribersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.without_cause(), self.cause())
    }
}

/// The text names the cause, so `source()` returns the cause of that cause, as for
/// [`PublishError`](super::PublishError).
impl StdError for SubscribersError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause().source()
    }
}

impl From<ChannelError> for SubscribersError {
    fn from(error: ChannelError) -> Self {
        Self::Channel(error)
    }
}

impl From<StoreError> for SubscribersError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
