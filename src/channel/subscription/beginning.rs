//! The constructors of a subscription, with the policies for gaps.

use std::sync::Arc;

use super::{opening::OpeningNotice, reader::Reader, resumption::Gaps, subscription::Subscription};
use crate::{
    EventId, LastEventId,
    channel::{
        Gap,
        gap::GapAction,
        hub::{registration::Registration, shared::HubShared},
        shared::ChannelShared,
        start::{Start, StartKind},
    },
    stream::PollBudget,
};

/// The channels of a subscription, with a start in each.
type Starts = Vec<(Arc<ChannelShared>, Start)>;

impl Subscription {
    /// Subscribes to later events of these channels.
    pub(in crate::channel) fn live(
        hub: &Arc<HubShared>,
        channels: Starts,
        registration: Option<Registration>,
    ) -> Self {
        let (live, gaps) = Self::new(hub, channels, None, 0, registration);
        live.begin(gaps, true, false)
    }

    /// Subscribes to all events after an id, or to later events if there is none. A client whose id the hub has
    /// not made goes on after the number `restart`.
    pub(in crate::channel) fn resume(
        hub: &Arc<HubShared>,
        channels: Starts,
        last_event_id: Option<&LastEventId>,
        restart: u64,
        registration: Option<Registration>,
    ) -> Self {
        let id = last_event_id.map(|id| -> &EventId { id });
        let (mut resumed, gaps) = Self::new(hub, channels, id, restart, registration);
        let is_first_visit = last_event_id.is_none();
        let needs_id = is_first_visit && !resumed.reader.settle();
        resumed.begin(gaps, is_first_visit, needs_id)
    }

    /// Applies the policies for gaps, after which the client needs an id in any case.
    fn begin(mut self, gaps: Gaps, is_first_visit: bool, needs_id: bool) -> Self {
        let needs_id = needs_id || !gaps.is_empty();
        let has_unknown_id = gaps.iter().any(|(_, gap)| !gap.is_known);
        for (channel, gap) in gaps {
            self.apply_gap_policy(&channel, gap);
        }
        if is_first_visit || has_unknown_id {
            self.reader.catch_up();
        }
        let needs_id = needs_id && self.reader.has_ids() && !self.reader.owes_checkpoint();
        match needs_id {
            true => self.with_checkpoint(),
            false => self,
        }
    }

    /// Subscribes to all events of a channel after an id, unless there is a gap.
    pub(in crate::channel) fn try_resume(
        hub: &Arc<HubShared>,
        channel: Arc<ChannelShared>,
        last_event_id: &EventId,
    ) -> Result<Self, Gap> {
        let start = vec![(channel, StartKind::Resume.into())];
        let (resumed, mut gaps) = Self::new(hub, start, Some(last_event_id), 0, None);
        gaps.pop().map_or(Ok(resumed), |(_, gap)| Err(gap))
    }

    fn new(
        hub: &Arc<HubShared>,
        mut channels: Starts,
        last_event_id: Option<&EventId>,
        restart: u64,
        registration: Option<Registration>,
    ) -> (Self, Gaps) {
        let is_simple = |(channel, start): &(Arc<ChannelShared>, Start)| {
            channel.options.keyed.is_none() && start.added_at.is_none()
        };
        let (reader, gaps) = match (registration, channels.pop()) {
            (None, Some(only)) if channels.is_empty() && is_simple(&only) => {
                Reader::alone(hub, only.0, &only.1, last_event_id, restart)
            }
            (registration, last) => {
                channels.extend(last);
                Reader::new(hub, channels, last_event_id, restart, registration)
            }
        };
        let subscription = Self {
            reader,
            missed: 0,
            unreported_missed: 0,
            notice_policy: None,
            is_detached: false,
            filter: None,
            opening: None,
            budget: PollBudget::FULL,
            close_reason: None,
            unreported_end: None,
        };
        (subscription, gaps)
    }

    /// Leaves out what has been published in a channel by now.
    pub(in crate::channel) fn skip_all(&mut self, channel: &Arc<ChannelShared>) {
        self.reader.skip_all(channel);
    }

    /// Applies the policy of the channel that has a gap.
    pub(super) fn apply_gap_policy(&mut self, channel: &Arc<ChannelShared>, gap: Gap) {
        match channel.options.gap_policy.0 {
            GapAction::Live => {
                self.reader.skip_all(channel);
                self.opening().gaps.push(gap);
            }
            GapAction::Notify => {
                let opening = self.opening();
                opening
                    .notices
                    .push_back(OpeningNotice::Gap(opening.gaps.len()));
                opening.gaps.push(gap);
            }
        }
    }

    fn with_checkpoint(mut self) -> Self {
        self.opening().notices.push_back(OpeningNotice::Checkpoint);
        self
    }
}
