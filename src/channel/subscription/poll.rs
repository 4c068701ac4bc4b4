//! A subscription, polled as a stream: the opening comes first, then the log.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::Stream;

use super::{
    changes::ChangeNotice, page::Missed, reader::ReaderItem, report::send_notice,
    subscription::Subscription,
};
use crate::{
    CloseReason,
    channel::{
        ChannelEvent, NoticePolicy, gap::GapAction, lag::LagAction, notice::Notice,
        numbered::Unnumbered, shared::ChannelShared,
    },
    report::Audience,
    stream::{PollBudget, scope},
};

impl Stream for Subscription {
    type Item = ChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ChannelEvent>> {
        let this = &mut *self;
        // `None` also for a detached subscription within a stream: it reports nothing.
        let audience = scope::audience().filter(|_| !this.is_detached);
        if let Some(polled) = this.poll_alone(audience, cx) {
            return polled.map(Some);
        }
        // Until the end: a change of the channels waits for this poll.
        let _poll = this.reader.begin_poll();
        let polled = this.poll_event(audience, cx);
        this.send_reports(audience);
        polled
    }
}

impl Subscription {
    fn poll_event(
        &mut self,
        audience: Option<Audience>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<ChannelEvent>> {
        if self.close_reason.is_some() {
            return Poll::Ready(None);
        }
        if self.is_break_due(audience, cx) {
            return Poll::Pending;
        }
        let first = match self.opening {
            None => None,
            Some(_) => self.next_of_opening(audience),
        };
        let polled = match first {
            Some(event) => Poll::Ready(Some(event)),
            None => self.poll_log(audience, cx),
        };
        if let Poll::Ready(None) = polled {
            self.end(CloseReason::Completed);
        }
        self.spend(matches!(polled, Poll::Ready(Some(_))), audience);
        polled
    }

    /// Returns what comes before the log. `None` if nothing does any more.
    fn next_of_opening(&mut self, audience: Option<Audience>) -> Option<ChannelEvent> {
        while let Some(opening) = self.opening.as_deref_mut() {
            if !opening.notices.is_empty() {
                if let Some(event) = self.send_opening_notice(audience) {
                    return Some(event);
                }
            } else if let Some(event) = opening.events.pop_front() {
                let is_last = opening.events.is_empty();
                let id = is_last.then(|| self.reader.id_before_log()).flatten();
                let event = match id {
                    Some(id) => Unnumbered::new(event).with_id(&id),
                    // A client whose connection breaks before the last of them gets them all again.
                    None => event,
                };
                return Some(ChannelEvent::from_encoded(event));
            } else {
                self.opening = None;
            }
        }
        None
    }

    fn send_opening_notice(&mut self, audience: Option<Audience>) -> Option<ChannelEvent> {
        let client = audience.unwrap_or_default();
        let mut opening = self.opening.take()?;
        opening.leave_out(|name| self.notice_policy_named(name).sends_to(client));
        let policy = self.notice_policy_named(opening.next_channel());
        let opening = self.opening.insert(opening);
        let has_id = opening.notice_has_id();
        let id = has_id.then(|| self.reader.id_before_log()).flatten();
        let notice = opening.take_notice()?;
        let event = notice.encode(policy, client, id)?;
        send_notice(event, audience)
    }

    /// Returns the policy for a notice of the channel with a name.
    fn notice_policy_named(&self, name: Option<&Arc<str>>) -> NoticePolicy {
        let mut channels = self.reader.channels();
        let channel = name.and_then(|name| channels.find(|channel| channel.name == *name));
        self.notice_policy_of(channel)
    }

    /// Yields what the log has. `None` when it is closed, or the subscriber has lagged.
    fn poll_log(
        &mut self,
        audience: Option<Audience>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<ChannelEvent>> {
        loop {
            let event = match ready!(self.reader.poll_next(cx.waker())) {
                ReaderItem::Event { event, member } if self.filter.is_some() => {
                    self.filter(event, member, audience)
                }
                ReaderItem::Event { event, .. } => return Poll::Ready(Some(event)),
                ReaderItem::Keyed { event, key, place } => {
                    self.filter_keyed(event, &key, place, audience)
                }
                ReaderItem::RoundEnd { needs_id } => self.end_round(needs_id, audience),
                ReaderItem::Snapshot(channel, has_ids) => {
                    self.begin_snapshot(&channel, has_ids, audience)
                }
                ReaderItem::Again => {
                    self.spend_budget(audience);
                    None
                }
                ReaderItem::Evicted(channel) => self.apply_lag_policy(&channel, None, audience),
                ReaderItem::Missed(missed) => self.apply_policy_for_missed(*missed, audience),
                ReaderItem::Superseded => {
                    self.end_early(CloseReason::Lagged);
                    None
                }
                ReaderItem::Change(notice) => self.notify_change(&notice, audience),
                ReaderItem::Checkpoint => self.send_checkpoint(audience),
                ReaderItem::Closed => return Poll::Ready(None),
            };
            if event.is_some() || self.close_reason.is_some() {
                return Poll::Ready(event);
            }
            if self.is_break_due(audience, cx) {
                return Poll::Pending;
            }
        }
    }

    /// Applies the policy of a channel whose next event was evicted. The subscription may have moved past it
    /// already, and past so many events at least.
    fn apply_lag_policy(
        &mut self,
        channel: &Arc<ChannelShared>,
        skipped: Option<u64>,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        match channel.options.lag_policy.0.clone() {
            // The client could not resume: without ids a lag is only counted.
            LagAction::Disconnect if !channel.options.has_ids => {
                let missed = skipped.unwrap_or_else(|| self.reader.skip_evicted(channel));
                self.count_missed(missed);
                None
            }
            LagAction::Disconnect => {
                self.end_early(CloseReason::Lagged);
                None
            }
            LagAction::Newest => {
                let missed = self
                    .reader
                    .skip_to_newest(channel)
                    .max(skipped.unwrap_or_default());
                self.count_missed(missed);
                None
            }
            LagAction::Notify(make_notice) => {
                let missed = skipped.unwrap_or_else(|| self.reader.skip_evicted(channel));
                self.count_missed(missed);
                let policy = self.notice_policy_of(Some(channel));
                let notice = Notice::Lagged(missed, &channel.name);
                let event = match make_notice {
                    Some(make) => Unnumbered::new(make(missed).into()).into_event(),
                    None => notice.encode(policy, audience.unwrap_or_default(), None)?,
                };
                send_notice(event, audience)
            }
        }
    }

    /// Applies the policies of a channel that has lost events which its store does not have either.
    fn apply_policy_for_missed(
        &mut self,
        missed: Missed,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let Missed {
            channel,
            gap,
            is_resuming,
        } = missed;
        match channel.options.gap_policy.0 {
            // The store does not say how many there were.
            _ if !is_resuming || !channel.options.has_ids => {
                self.apply_lag_policy(&channel, Some(1), audience)
            }
            GapAction::Live => {
                self.reader.skip_all(&channel);
                None
            }
            GapAction::Notify => self.notify_change(&ChangeNotice::Gap(gap), audience),
        }
    }

    /// Notifies the client of a channel that was added or removed.
    fn notify_change(
        &mut self,
        change: &ChangeNotice,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let (name, notice) = match change {
            ChangeNotice::Added(channel) => (channel, Notice::Added(channel)),
            ChangeNotice::Removed(channel) => (channel, Notice::Removed(channel)),
            ChangeNotice::Gap(gap) => (&gap.channel, gap.as_notice()),
        };
        let policy = self.notice_policy_named(Some(name));
        send_notice(
            notice.encode(policy, audience.unwrap_or_default(), None)?,
            audience,
        )
    }

    /// Gives the client the id of everything that has been sent.
    fn send_checkpoint(&mut self, audience: Option<Audience>) -> Option<ChannelEvent> {
        let (policy, id) = (self.notice_policy_of(None), self.reader.last_id());
        if let Some(filter) = &mut self.filter {
            filter.reset(self.reader.position());
        }
        let client = audience.unwrap_or_default();
        send_notice(
            Notice::Checkpoint.encode(policy, client, Some(id))?,
            audience,
        )
    }

    fn count_missed(&mut self, missed: u64) {
        self.missed += missed;
        self.unreported_missed += missed;
    }

    /// Ends though the channel goes on. The stream ends with it.
    fn end_early(&mut self, reason: CloseReason) {
        self.end(reason);
        self.unreported_end = Some(reason);
    }

    /// Returns the event if the filter accepts it.
    fn filter(
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
    fn filter_keyed(
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

    /// Gives the client the id of a round of a keyed channel, if it has got an event without one, or if many
    /// were hidden.
    fn end_round(&mut self, needs_id: bool, audience: Option<Audience>) -> Option<ChannelEvent> {
        let channel = self.reader.keyed_channel(0);
        let hidden = self.filter.as_ref().zip(channel);
        let is_behind = hidden.is_some_and(|(filter, channel)| filter.needs_checkpoint(channel));
        if !needs_id && !is_behind {
            return None;
        }
        self.send_checkpoint(audience)
    }

    /// Notifies the client that a keyed channel begins with a snapshot.
    fn begin_snapshot(
        &mut self,
        channel: &Arc<ChannelShared>,
        has_ids: bool,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let policy = self.notice_policy_of(Some(channel));
        let id = has_ids.then(|| self.reader.last_id());
        let notice = Notice::Snapshot(&channel.name);
        send_notice(
            notice.encode(policy, audience.unwrap_or_default(), id)?,
            audience,
        )
    }

    /// Returns `true` if it is time for a break: of this subscription, or of the poll that it is in.
    /// Other tasks then get their turn, and this one is polled again after them.
    #[inline]
    pub(super) fn is_break_due(&mut self, audience: Option<Audience>, cx: &Context<'_>) -> bool {
        let is_due = match audience {
            Some(_) => scope::is_budget_spent(),
            None => self.budget.is_spent(),
        };
        if is_due {
            self.budget = PollBudget::FULL;
            cx.waker().wake_by_ref();
        }
        is_due
    }

    /// Counts the result of a poll in the budget.
    #[inline]
    pub(super) fn spend(&mut self, has_event: bool, audience: Option<Audience>) {
        match has_event {
            true => self.spend_budget(audience),
            // That is a break as well.
            false => self.budget = PollBudget::FULL,
        }
    }

    #[inline]
    fn spend_budget(&mut self, audience: Option<Audience>) {
        let now = || self.reader.hub().timer.now();
        match audience {
            Some(_) => scope::spend_budget(now),
            None => self.budget.spend(now),
        }
    }
}
