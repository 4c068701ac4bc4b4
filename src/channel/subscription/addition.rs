//! A channel that is added to an open subscription.

use std::sync::Arc;

use super::{member::Member, rounds::Rounds};
use crate::channel::{Gap, shared::ChannelShared};

/// A channel that is added to an open subscription.
///
/// It begins when the channel is added, not at the next poll of the subscription: what is evicted in
/// between is a lag, not a gap.
pub(in crate::channel) struct Addition {
    pub(super) added: Added,
    /// The number of the change.
    pub(super) at: u64,
}

pub(super) enum Added {
    /// With a gap if the channel has lost events that the client was to get.
    Window(Member, Option<Gap>),
    Keyed(Rounds),
}

impl Addition {
    /// Returns the channel, and the key of the subscription among its subscribers.
    pub(in crate::channel) fn channel(&self) -> (&Arc<ChannelShared>, u64) {
        match &self.added {
            Added::Window(member, _) => (&member.channel, member.key),
            Added::Keyed(rounds) => (&rounds.channel, rounds.key),
        }
    }
}
