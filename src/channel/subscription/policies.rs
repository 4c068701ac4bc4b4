//! Policies of a subscription: for lags, for gaps that are found later, and for notices.

use std::sync::Arc;

use super::{changes::ChangeNotice, page::Missed, report::send_notice, subscription::Subscription};
use crate::{
    CloseReason,
    channel::{
        ChannelEvent, gap::GapAction, lag::LagAction, notice::Notice, numbered::Unnumbered,
        shared::ChannelShared,
    },
    report::Audience,
};

impl Subscription {
    /// Applies the policy of a channel whose next event was evicted. The subscription may have moved past it
    /// already, and past so many events at least.
    pub(super) fn apply_lag_policy(
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
    pub(super) fn apply_policy_for_missed(
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
    pub(super) fn notify_change(
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
    pub(super) fn send_checkpoint(&mut self, audience: Option<Audience>) -> Option<ChannelEvent> {
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
    pub(super) fn end_early(&mut self, reason: CloseReason) {
        self.end(reason);
        self.unreported_end = Some(reason);
    }

    /// Gives the client the id of a round of a keyed channel, if it has got an event without one, or if many
    /// were hidden.
    pub(super) fn end_round(
        &mut self,
        needs_id: bool,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let channel = self.reader.keyed_channel(0);
        let hidden = self.filter.as_ref().zip(channel);
        let is_behind = hidden.is_some_and(|(filter, channel)| filter.needs_checkpoint(channel));
        if !needs_id && !is_behind {
            return None;
        }
        self.send_checkpoint(audience)
    }

    /// Notifies the client that a keyed channel begins with a snapshot.
    pub(super) fn begin_snapshot(
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
}
