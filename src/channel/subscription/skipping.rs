//! Events that a subscription leaves out: what was evicted, and what it is not to get.

use std::sync::Arc;

use super::{member::Member, next_event::Peek, reader::Reader};
use crate::channel::shared::ChannelShared;

impl Reader {
    /// Moves past what a channel has evicted. Returns how many of its events are missed.
    pub(super) fn skip_evicted(&mut self, channel: &Arc<ChannelShared>) -> u64 {
        self.member(channel).map_or(0, Member::skip_evicted)
    }

    /// Moves to the newest event of a channel. Returns how many of its events are missed.
    pub(super) fn skip_to_newest(&mut self, channel: &Arc<ChannelShared>) -> u64 {
        self.hub.expire(channel);
        self.member(channel).map_or(0, Member::skip_to_newest)
    }

    pub(super) fn member(&mut self, channel: &Arc<ChannelShared>) -> Option<&mut Member> {
        let mut members = self.members.as_mut_slice().iter_mut();
        members.find(|member| Arc::ptr_eq(&member.channel, channel))
    }

    /// Moves to the end of what is published in a channel.
    pub(super) fn skip_all(&mut self, channel: &Arc<ChannelShared>) {
        let published = self.hub.published();
        let member = self.member(channel);
        member
            .into_iter()
            .for_each(|one| one.skip_through(published));
        self.settle();
    }

    /// Moves as far as nothing is left out, so that the id of the position is one with which the client
    /// does not have the same gap again. Returns `true` if an event can be read.
    pub(super) fn settle(&mut self) -> bool {
        // Before the logs: see `hub::shared`.
        let published = self.hub.published();
        if let Some(keyed) = self.keyed.as_ref().filter(|_| self.keyed_has_ids()) {
            return !keyed.has_read(published);
        }
        let mut next = published + 1;
        let members = self.members.as_mut_slice().iter_mut();
        for member in members.filter(|member| member.has_ids()) {
            next = match member.peek() {
                Peek::At(number) => next.min(number),
                // More was evicted since, and is reported as a lag.
                Peek::Evicted => next.min(member.seen() + 1),
                Peek::Empty | Peek::Closed => next,
            };
        }
        self.position = self.position.max(next - 1);
        next <= published
    }
}
