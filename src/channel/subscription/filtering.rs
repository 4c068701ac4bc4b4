//! Filtering the events of a subscription.

use super::subscription::Subscription;
use crate::{channel::ChannelEvent, report::Audience};

impl Subscription {
    /// Returns the event if the filter accepts it.
    pub(super) fn filter(
        &mut self,
        event: ChannelEvent,
        member: usize,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let (Some(filter), Some(channel)) = (&mut self.filter, self.reader.channel(member)) else {
            return Some(event);
        };
        let position = self.reader.position();
        if filter.accepts(channel, None, &event, position) {
            return Some(event);
        }
        // An event of the history has no number: not everything before the position has been sent.
        let needs_checkpoint = event.has_number() && filter.needs_checkpoint(channel);
        self.spend_budget(audience);
        needs_checkpoint.then(|| self.send_checkpoint(audience))?
    }

    /// Returns the event of a key if the filter accepts it.
    pub(super) fn filter_keyed(
        &mut self,
        event: ChannelEvent,
        key: &str,
        place: usize,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let channel = self.reader.keyed_channel(place);
        let (Some(filter), Some(channel)) = (&mut self.filter, channel) else {
            return Some(event);
        };
        let position = self.reader.position();
        if filter.accepts(channel, Some(key), &event, position) {
            return Some(event);
        }
        self.reader.hide(place, key);
        self.spend_budget(audience);
        None
    }
}
