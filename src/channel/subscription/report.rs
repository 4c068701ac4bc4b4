//! Reports of a subscription to the `EventStream` that polls it.

use std::mem;

use crate::{
    EncodedEvent,
    channel::ChannelEvent,
    report::Audience,
    stream::scope::{self, EarlyEnd},
};

/// A report that has not been sent yet, because no stream has polled since, or the poll is not over.
#[derive(Default)]
pub(super) struct PendingReport {
    /// The number of events that the subscriber has missed.
    pub(super) missed: u64,
    /// Boxed because nearly no subscription has one, and each that waits takes memory.
    pub(super) end: Option<Box<EarlyEnd>>,
}

impl PendingReport {
    /// Reports to the stream that polls, if one does.
    pub(super) fn send(&mut self, audience: Option<Audience>) {
        if audience.is_none() || self.missed == 0 && self.end.is_none() {
            return;
        }
        let report = mem::take(self);
        scope::report(|reports| {
            reports.missed += report.missed;
            // The first reason holds, of subscriptions that are merged.
            reports.end = reports.end.take().or(report.end.map(|end| *end));
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
