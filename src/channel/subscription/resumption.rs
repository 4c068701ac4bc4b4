//! The beginning of a subscription: the client's last event id, and the start in each channel.

use std::sync::Arc;

use super::{member::Member, round_start::RoundStart};
use crate::{
    EventId,
    channel::{
        Gap,
        hub::shared::HubShared,
        shared::ChannelShared,
        start::{Start, StartKind},
    },
    store::Epoch,
};

/// The channels that have a gap, and their gaps.
pub(super) type Gaps = Vec<(Arc<ChannelShared>, Gap)>;

/// A client that connects, again or for the first time.
pub(super) struct Resumption<'a> {
    pub(super) hub: &'a HubShared,
    pub(super) last_event_id: Option<&'a EventId>,
    /// The number of the id: `Some(None)` if the hub has not made it.
    pub(super) last: Option<Option<u64>>,
    /// The number of an id of the only channel, if that is keyed and has ids.
    pub(super) last_keyed: Option<u64>,
    /// The number up to which events are published.
    pub(super) published: u64,
    /// The number after which a client goes on whose id the hub has not made.
    pub(super) restart: u64,
}

/// Returns the number after which a client goes on whose id the hub has not made, if it is of this epoch. It was
/// found before, and the store may have been emptied since.
pub(super) fn restart_in(epoch: Epoch, last_event_id: Option<&EventId>, restart: u64) -> u64 {
    let parsed = last_event_id.and_then(|id| Epoch::parse_any(id.as_str()));
    match parsed {
        Some((of, _)) if of == epoch => restart,
        _ => 0,
    }
}

impl Resumption<'_> {
    /// Returns the position of the subscription in a channel that is not keyed.
    pub(super) fn member(&self, channel: Arc<ChannelShared>, key: u64, start: &Start) -> Member {
        let (seen, is_kept) = (self.seen(&channel, start), self.hub.is_kept(&channel));
        let member = Member::new(channel, key, seen);
        match self.replays(start) {
            true if is_kept => member.replaying(self.published, self.hub.losses()),
            true => member.with_history(self.published),
            false => member,
        }
    }

    /// Returns the number after which the subscription begins in a channel.
    fn seen(&self, channel: &ChannelShared, start: &Start) -> u64 {
        if self.begins_now(start) {
            return self.published;
        }
        match &start.kind {
            StartKind::Replay if !channel.options.has_ids => self.oldest(channel),
            // Nothing to resume by.
            _ if !channel.options.has_ids => self.published,
            _ if self.is_after_addition(start) => self.last.flatten().unwrap_or_default(),
            StartKind::Replay => self.oldest(channel),
            StartKind::Live => self.published,
            StartKind::Resume => self
                .last
                .map_or(self.published, |last| last.unwrap_or(self.restart)),
            // What precedes the addition was not in the client's set of channels.
            StartKind::Since(position) if start.added_at.is_some() => self.right(position),
            StartKind::Since(position) => {
                let last = self.last.flatten().unwrap_or_default();
                last.max(self.right(position))
            }
        }
    }

    /// Returns `true` if the right of the client begins at a position of an epoch that the store does not have.
    /// What precedes the present may have been published before that, unless the client has an id of this epoch.
    fn begins_now(&self, start: &Start) -> bool {
        let StartKind::Since(position) = &start.kind else {
            return false;
        };
        if self.hub.right_since(position).is_some() {
            return false;
        }
        let has_had = start.added_at.is_none() || self.is_after_addition(start);
        let goes_on = self.last.flatten().is_some() && has_had;
        !goes_on || start.is_unlocated
    }

    /// Returns the number before the oldest event.
    fn oldest(&self, channel: &ChannelShared) -> u64 {
        match self.hub.is_kept(channel) {
            true => 0,
            false => channel.lost().number,
        }
    }

    /// Returns where the subscription begins in a keyed channel. The client's id counts only if it is of this
    /// channel alone.
    pub(super) fn round_start(&self, channel: &ChannelShared, start: &Start) -> RoundStart {
        let is_known = |last: &u64| {
            let log = channel.log();
            log.as_keyed()
                .is_some_and(|keyed| keyed.is_loaded() && !keyed.has_forgotten(*last))
        };
        let last = self.last_keyed.filter(is_known);
        let since = match &start.kind {
            StartKind::Since(position) => self.hub.right_since(position).unwrap_or_else(|| {
                let last = last.filter(|_| !start.is_unlocated);
                last.unwrap_or(self.published)
            }),
            StartKind::Live => {
                let (after, floor) = (self.published, self.published);
                return RoundStart::Changes { after, floor };
            }
            StartKind::Resume | StartKind::Replay => 0,
        };
        let resumes = match (&start.kind, &start.added_at) {
            (_, Some(at)) => last.is_some_and(|last| last >= self.number(at)),
            (StartKind::Replay, None) => false,
            (_, None) => true,
        };
        match last.filter(|last| resumes && *last >= since) {
            Some(after) => RoundStart::Changes {
                after,
                floor: since,
            },
            None => RoundStart::Snapshot(since),
        }
    }

    /// Returns `true` if no event is due that was published before.
    fn is_live(&self, start: &Start) -> bool {
        start.kind == StartKind::Live && !self.is_after_addition(start)
    }

    /// Returns `true` if a channel that is not keyed begins with what it retains.
    fn replays(&self, start: &Start) -> bool {
        start.kind == StartKind::Replay && !self.is_after_addition(start)
    }

    /// Returns `true` if the client has an id of the time when the channel was in its stream already.
    pub(super) fn is_after_addition(&self, start: &Start) -> bool {
        let added_at = start.added_at.as_ref().map(|id| self.number(id));
        let last = self.last.flatten();
        added_at.zip(last).is_some_and(|(at, last)| last >= at)
    }

    /// Returns `true` if a channel that was added begins again, because the client's id does not say that it
    /// had the channel. The client may have some of the events.
    pub(super) fn begins_again(&self, start: &Start) -> bool {
        !self.additions(std::slice::from_ref(start)).is_empty()
    }

    /// Returns the position of the whole subscription. Events up to it go without ids.
    pub(super) fn position(&self, members: &[Member], starts: &[Start]) -> u64 {
        let with_ids = members.iter().zip(starts).filter(|(one, _)| one.has_ids());
        // With a lower id the client would get what precedes the present when it comes back.
        if with_ids.clone().any(|(_, start)| self.begins_now(start))
            || with_ids.clone().all(|(_, start)| self.is_live(start))
        {
            return self.published;
        }
        if let Some(last) = self.last {
            return last.unwrap_or(self.restart);
        }
        let seen = with_ids.map(|(member, start)| match start.kind {
            StartKind::Replay | StartKind::Since(_) => Some(member.seen()),
            // The client will resume this one after the id as well.
            StartKind::Resume | StartKind::Live => None,
        });
        let seen: Option<Vec<_>> = seen.collect();
        let first = seen.and_then(|seen| seen.into_iter().min());
        first.unwrap_or(self.published)
    }

    /// Returns the channels that have lost events after their start.
    pub(super) fn gaps(&self, members: &[Member], starts: &[Start]) -> Gaps {
        let with_ids = members.iter().zip(starts).filter(|(one, _)| one.has_ids());
        let gaps = with_ids.filter_map(|(member, start)| {
            let begins_now = self.begins_now(start);
            let (last_event_id, is_known) = match &start.kind {
                StartKind::Since(position) if begins_now => {
                    (self.last_event_id.unwrap_or(position), false)
                }
                _ if self.is_after_addition(start) => (self.last_event_id?, true),
                StartKind::Replay | StartKind::Live => return None,
                StartKind::Resume => (self.last_event_id?, self.last.flatten().is_some()),
                StartKind::Since(position) => (self.last_event_id.unwrap_or(position), true),
            };
            let after = if begins_now {
                self.published
            } else {
                self.restart
            };
            // Perhaps the store has what the log does not.
            let is_kept = self.hub.is_kept(&member.channel);
            let has_gap = !is_known || !is_kept && member.channel.lost().number > member.seen();
            let (channel, id) = (&member.channel, last_event_id.clone());
            let gap = || match is_known {
                true => channel.gap(id, true, self.hub.position()),
                false => channel.gap_through(after, id, self.hub.position()),
            };
            has_gap.then(|| (Arc::clone(&member.channel), gap()))
        });
        gaps.collect()
    }

    /// Returns the positions at which channels were added, which the client's id has not reached. Each is
    /// given to the client when everything up to it has been sent.
    pub(super) fn additions(&self, starts: &[Start]) -> Vec<u64> {
        let keyed = self.last_keyed.unwrap_or_default();
        let is_new = |start: &&Start| {
            let added_at = start.added_at.as_ref().map(|id| self.number(id));
            !self.is_after_addition(start) && added_at.is_some_and(|at| keyed < at)
        };
        let added = starts.iter().filter(is_new);
        let added = added.filter_map(|start| start.added_at.as_ref());
        let mut additions: Vec<_> = added.map(|id| self.number(id)).collect();
        additions.sort_unstable();
        additions
    }

    fn right(&self, position: &EventId) -> u64 {
        self.hub.right_since(position).unwrap_or_default()
    }

    fn number(&self, position: &EventId) -> u64 {
        self.hub.kept_number(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_to_go_on_after_is_of_the_epoch_of_the_id() {
        let epoch: Epoch = "new".parse().unwrap();
        let restart = |id: Option<&str>| {
            let id = id.map(|id| id.parse().unwrap());
            restart_in(epoch, id.as_ref(), 7)
        };
        assert_eq!(restart(Some("new-9")), 7);
        assert_eq!(restart(Some("new.9")), 7);
        // It was found in an epoch that has ended meanwhile.
        assert_eq!(restart(Some("old-9")), 0);
        assert_eq!(restart(Some("9")), 0);
        assert_eq!(restart(None), 0);
    }
}
