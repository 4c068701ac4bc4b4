//! A subscription of one channel, which most are: it takes no lists, and reads its log in a few steps.

use std::{
    iter, slice,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{
    members::Members,
    next_event::MemberItem,
    reader::Reader,
    resumption::{Gaps, Resumption, restart_in},
    subscription::Subscription,
};
use crate::{
    EventId,
    channel::{ChannelEvent, hub::shared::HubShared, shared::ChannelShared, start::Start},
    report::Audience,
};

impl Subscription {
    /// Polls for the next event of the only channel. `None` if there may be something else to do: then it has
    /// to be polled in full.
    #[inline]
    pub(super) fn poll_alone(
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
        let polled = self.reader.poll_alone(cx.waker())?;
        self.spend(polled.is_ready(), audience);
        Some(polled)
    }
}

impl Reader {
    /// Subscribes as [`new`](Self::new) does, without a name, to one channel that is not keyed, and that was in
    /// the stream of the client from the beginning.
    pub(super) fn alone(
        hub: &Arc<HubShared>,
        channel: Arc<ChannelShared>,
        start: &Start,
        last_event_id: Option<&EventId>,
        restart: u64,
    ) -> (Self, Gaps) {
        let (epoch, waker) = (hub.epoch(), Arc::default());
        let (key, published) = hub.join_one(&channel, &waker);
        let resumption = Resumption {
            hub,
            last_event_id,
            last: last_event_id.map(|id| hub.number(id)),
            last_keyed: None,
            published,
            restart: restart_in(epoch, last_event_id, restart),
        };
        let member = resumption.member(channel, key, start);
        let (members, starts) = (slice::from_ref(&member), slice::from_ref(start));
        let position = resumption.position(members, starts);
        let gaps = resumption.gaps(members, starts);
        let mut reader = Self {
            hub: Arc::clone(hub),
            epoch,
            members: Members::One(member),
            position,
            waker,
            task: None,
            changes: None,
            paging: None,
            keyed: None,
        };
        reader.skip_gaps_of(&gaps);
        (reader, gaps)
    }

    /// Reads the next event of the only channel, as [`poll_next`](Self::poll_next) does. `None` if there may be
    /// something else to do.
    #[inline]
    fn poll_alone(&mut self, waker: &Waker) -> Option<Poll<ChannelEvent>> {
        if self.changes.is_some() || self.paging.is_some() || self.keyed.is_some() {
            return None;
        }
        let is_waiting = self.waker.is_waiting(self.task, waker);
        let event = match is_waiting {
            true => None,
            false => self.read_alone(waker)?,
        };
        // After that, as in `poll_next`.
        if !self.hub.is_in(self.epoch) {
            return None;
        }
        Some(event.map_or(Poll::Pending, Poll::Ready))
    }

    /// Reads the next event of the only channel, or begins to wait for it.
    #[inline]
    fn read_alone(&mut self, waker: &Waker) -> Option<Option<ChannelEvent>> {
        let Members::One(only) = &mut self.members else {
            return None;
        };
        self.task = None;
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
                return Some(None);
            }
        }
        match read {
            MemberItem::Event(number, event) => Some(Some(self.receive(number, event))),
            MemberItem::Empty | MemberItem::Evicted | MemberItem::Closed => None,
        }
    }
}
