//! The names that leave while a subscription is open.

use std::task::{Context, Poll};

use crate::{
    channel::{presence::Feed, shared::ChannelShared},
    time::ResettableSleep,
};

/// A sleep until the next name leaves the feed of a presence.
///
/// Each subscription of the feed has one, so that none depends on another. If there is none, the next call
/// that asks for the names has those removed that have left.
pub(super) struct Departures {
    sleep: ResettableSleep,
}

impl Departures {
    /// Returns nothing if the channel is not the feed of a presence.
    pub(super) fn of(channel: &ChannelShared) -> Option<Self> {
        Feed::of(channel)?;
        let timer = channel.options.timer.clone();
        let sleep = ResettableSleep::new(timer);
        Some(Self { sleep })
    }

    /// Removes the names that have left, and waits for the next one.
    pub(super) fn poll(&mut self, channel: &ChannelShared, cx: &mut Context<'_>) {
        let Some(feed) = Feed::of(channel) else {
            return;
        };
        while let Some(due) = feed.next_departure() {
            let now = self.sleep.now();
            if due <= now {
                feed.expire(now);
                continue;
            }
            match self.sleep.poll(due, cx) {
                // Not the time of the clock, which may be a little behind.
                Poll::Ready(at) => feed.expire(at),
                Poll::Pending => return,
            }
        }
    }
}
