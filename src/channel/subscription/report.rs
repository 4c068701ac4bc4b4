//! Reports of a subscription to the `EventStream` that polls it.

use std::mem;

use super::subscription::Subscription;
use crate::{EncodedEvent, channel::ChannelEvent, report::Audience, stream::scope};

impl Subscription {
    /// Reports what has not been reported yet to the stream that polls, if one does.
    pub(super) fn send_reports(&mut self, audience: Option<Audience>) {
        if audience.is_none() || self.unreported_missed == 0 && self.unreported_end.is_none() {
            return;
        }
        let missed = mem::take(&mut self.unreported_missed);
        let end = self.unreported_end.take();
        scope::report(|reports| {
            reports.missed += missed;
            // The first reason holds, of subscriptions that are merged.
            reports.end = reports.end.or(end);
        });
    }
}

/// Hands a notice to the stream that polls. Returns it, to be yielded, if none does.
pub(super) fn send_notice(event: EncodedEvent, audience: Option<Audience>) -> Option<ChannelEvent> {
    if audience.is_none() {
        return Some(ChannelEvent::from_encoded(event));
    }
    scope::report(|reports| reports.notices.push(event));
    None
}
