//! Keyed channels that are full.

/// The policy for an event of a new key in a keyed channel that is full: it has as many keys, or as many
/// bytes, as it may have ([`ChannelOptions::keyed`](super::ChannelOptions::keyed)).
///
/// ```
/// use std::num::NonZeroUsize;
/// use tower_sse::{ChannelOptions, Event, KeyPolicy, KeyedChannel, PublishError};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::PublishError> {
/// let one = NonZeroUsize::MIN;
/// let channel = |policy| KeyedChannel::new(ChannelOptions::new().keyed(one, policy));
///
/// let prices = channel(KeyPolicy::reject());
/// prices.publish("tea", Event::new("tea 3"))?;
/// assert!(matches!(prices.publish("oil", Event::new("oil 7")), Err(PublishError::Full)));
///
/// let prices = channel(KeyPolicy::remove_oldest());
/// prices.publish("tea", Event::new("tea 3"))?;
/// prices.publish("oil", Event::new("oil 7"))?;
/// assert_eq!(prices.keys(), ["oil".into()]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a policy does nothing until a channel has it"]
pub struct KeyPolicy(pub(super) KeyAction);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeyAction {
    #[default]
    Reject,
    RemoveOldest,
}

impl KeyPolicy {
    /// Publishes nothing: [`KeyedChannel::publish`](super::KeyedChannel::publish) fails with
    /// [`PublishError::Full`](super::PublishError::Full). This is the default.
    pub const fn reject() -> Self {
        Self(KeyAction::Reject)
    }

    /// Removes the keys that were updated least recently, and publishes their removals, until there is room.
    pub const fn remove_oldest() -> Self {
        Self(KeyAction::RemoveOldest)
    }
}
