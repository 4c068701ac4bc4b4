//! Keyed channels that are full.

/// The policy for an event of a new key in a keyed channel that is full: it has as many keys, or as many
/// bytes, as it may have ([`ChannelOptions::keyed`](super::ChannelOptions::keyed)).
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
