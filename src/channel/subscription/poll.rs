//! A subscription, polled as a stream: the opening comes first, then the log.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::Stream;

use super::{reader::ReaderItem, report::send_notice, subscription::Subscription};
use crate::{
    CloseReason,
    channel::{ChannelEvent, numbered::Unnumbered},
    report::Audience,
    stream::{PollBudget, scope},
};

impl Stream for Subscription {
    type Item = ChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ChannelEvent>> {
        let this = &mut *self;
        // `None` also for a detached subscription within a stream: it reports nothing.
        let audience = scope::audience().filter(|_| !this.is_detached);
        if let Some(polled) = this.poll_plain(audience, cx) {
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
    pub(super) fn spend_budget(&mut self, audience: Option<Audience>) {
        let now = || self.reader.hub().timer.now();
        match audience {
            Some(_) => scope::spend_budget(now),
            None => self.budget.spend(now),
        }
    }
}
