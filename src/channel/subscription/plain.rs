//! The usual poll, in few steps: of a subscription that only has to read events, of channels that are not keyed.

use std::{
    iter,
    task::{Context, Poll, Waker},
};

use super::{
    members::Members, merging::Next, next_event::MemberItem, reader::Reader,
    subscription::Subscription,
};
use crate::{channel::ChannelEvent, report::Audience};

impl Subscription {
    /// Polls for the next event. `None` if there may be something else to do: then the subscription has to be polled
    /// in full.
    #[inline]
    pub(super) fn poll_plain(
        &mut self,
        audience: Option<Audience>,
        cx: &Context<'_>,
    ) -> Option<Poll<ChannelEvent>> {
        let has_other_work = self.opening.is_some()
            || self.filter.is_some()
            || self.close_reason.is_some()
            || self.unreported_missed > 0;
        if has_other_work {
            return None;
        }
        if self.is_break_due(audience, cx) {
            return Some(Poll::Pending);
        }
        let polled = self.reader.poll_plain(cx.waker())?;
        self.spend(polled.is_ready(), audience);
        Some(polled)
    }
}

impl Reader {
    /// Reads the next event, as [`poll_next`](Self::poll_next) does. `None` if there may be something else to do.
    #[inline]
    fn poll_plain(&mut self, waker: &Waker) -> Option<Poll<ChannelEvent>> {
        if self.changes.is_some() || self.paging.is_some() || self.keyed.is_some() {
            return None;
        }
        let polled = match self.waker.is_waiting(self.task, waker) {
            true => Poll::Pending,
            false => self.read_or_wait(waker)?,
        };
        // After that, as in `poll_next`.
        self.hub.is_in(self.epoch).then_some(polled)
    }

    #[inline]
    fn read_or_wait(&mut self, waker: &Waker) -> Option<Poll<ChannelEvent>> {
        self.task = None;
        match &self.members {
            Members::One(_) => self.read_only(waker),
            Members::Many(_) => self.read_first(waker),
        }
    }

    /// Reads the next event of the only channel, or waits for it.
    #[inline]
    fn read_only(&mut self, waker: &Waker) -> Option<Poll<ChannelEvent>> {
        let Members::One(only) = &mut self.members else {
            return None;
        };
        // Before the log: see `hub::shared`.
        let mut read = only.read(self.hub.published());
        if let MemberItem::Empty = read {
            let task = self
                .waker
                .wait(waker, iter::once(&only.channel.subscribers));
            // It may have been published before the waker was registered.
            read = only.read(self.hub.published());
            if let MemberItem::Empty = read {
                self.task = Some(task);
                return Some(Poll::Pending);
            }
        }
        match read {
            MemberItem::Event(number, event) => Some(Poll::Ready(self.receive(number, event))),
            MemberItem::Empty | MemberItem::Evicted | MemberItem::Closed => None,
        }
    }

    /// Reads the event with the lowest number of several channels, or waits for one.
    fn read_first(&mut self, waker: &Waker) -> Option<Poll<ChannelEvent>> {
        let mut next = self.first()?;
        if next.is_none() {
            let members = self.members.as_slice().iter();
            let channels = members.map(|member| &member.channel.subscribers);
            let task = self.waker.wait(waker, channels);
            next = self.first()?;
            if next.is_none() {
                self.task = Some(task);
                return Some(Poll::Pending);
            }
        }
        self.take(&next?).map(Poll::Ready)
    }

    /// Looks for the event with the lowest number. `None` if a channel is closed or has missed events.
    fn first(&mut self) -> Option<Option<Next>> {
        let published = self.hub.published();
        let found = self.look();
        let is_plain = found.is_open && found.closed.is_none() && found.evicted.is_none();
        is_plain.then(|| found.next.filter(|next| next.number <= published))
    }
}
