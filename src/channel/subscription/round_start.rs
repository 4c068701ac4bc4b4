//! The start of a subscription in a keyed channel.

use crate::channel::{
    presence::Feed,
    shared::ChannelShared,
    start::{Start, StartKind},
};

/// The start of a subscription in a keyed channel.
pub(super) enum RoundStart {
    /// With a snapshot of the keys that have changed after this number.
    Snapshot(u64),
    /// With the changes after a number which the client has. No event up to the floor is due.
    Changes { after: u64, floor: u64 },
}

impl RoundStart {
    /// Returns where a subscription begins in the feed of a presence. Its numbers are its own, so neither the
    /// client's id nor a position says anything about them.
    pub(super) fn in_feed(channel: &ChannelShared, start: &Start) -> Option<Self> {
        Feed::of(channel)?;
        let last = channel.tip().last();
        Some(match start.kind {
            StartKind::Live => Self::Changes {
                after: last,
                floor: last,
            },
            StartKind::Resume | StartKind::Replay | StartKind::Since(_) => Self::Snapshot(0),
        })
    }
}
