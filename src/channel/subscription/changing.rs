//! Changes of the channels of a subscription: additions, removals, and the end.

use std::{iter, mem, sync::Arc};

use super::{
    changes::ChangeNotice,
    control::Change,
    member::Member,
    members::Members,
    reader::{Reader, ReaderItem},
    rounds::{RoundStart, Rounds},
};
use crate::channel::{
    Gap,
    gap::GapAction,
    shared::ChannelShared,
    start::{Start, StartKind},
};

impl Reader {
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Add {
                channel,
                key,
                start,
                at,
                lost,
            } => self.add(channel, key, &start, at, lost),
            Change::Remove { name } => self.remove(&name),
        }
    }

    /// Returns `true` if this is one of the channels.
    pub(super) fn has(&self, channel: &Arc<ChannelShared>) -> bool {
        self.channels().any(|one| Arc::ptr_eq(one, channel))
    }

    pub(super) fn add(
        &mut self,
        channel: Arc<ChannelShared>,
        key: u64,
        start: &Start,
        at: u64,
        lost: u64,
    ) {
        if self.has(&channel) {
            return self.leave_channels(iter::once((channel, key)));
        }
        let name = Arc::clone(&channel.name);
        let gap = match channel.options.keyed.is_some() {
            true => self.add_keyed(channel, key, start, at),
            false => self.add_window(channel, key, start, at, lost),
        };
        if let Some(changes) = &mut self.changes {
            changes.notices.push_back(ChangeNotice::Added(name));
            changes.notices.extend(gap.map(ChangeNotice::Gap));
            // Of what is published after the addition and before it is applied, ids may have been sent.
            changes.add_checkpoint(at.max(self.position));
        }
    }

    /// Adds a channel, which had lost events up to a number by then. Returns the gap if it has lost events
    /// that the client was to get.
    pub(super) fn add_window(
        &mut self,
        channel: Arc<ChannelShared>,
        key: u64,
        start: &Start,
        at: u64,
        lost: u64,
    ) -> Option<Gap> {
        let lost = lost.max(channel.log().evicted());
        let since = match &start.kind {
            StartKind::Replay => lost,
            StartKind::Resume | StartKind::Live => at,
            StartKind::Since(_) if !channel.options.has_ids => at,
            StartKind::Since(position) => self.hub.number(position).unwrap_or_default(),
        };
        let is_live = matches!(channel.options.gap_policy.0, GapAction::Live);
        let (has_gap, since) = match lost > since {
            true if is_live => (false, at),
            has_gap => (has_gap, since),
        };
        let gap = has_gap.then(|| channel.gap(self.last_id(), true, self.hub.position()));
        self.members
            .push(Member::new(channel, key, since.max(lost)));
        gap
    }

    pub(super) fn add_keyed(
        &mut self,
        channel: Arc<ChannelShared>,
        key: u64,
        start: &Start,
        at: u64,
    ) -> Option<Gap> {
        let in_feed = RoundStart::in_feed(&channel, start);
        let start = in_feed.unwrap_or_else(|| match &start.kind {
            StartKind::Resume | StartKind::Replay => RoundStart::Snapshot(0),
            StartKind::Live => RoundStart::Changes {
                after: at,
                floor: at,
            },
            StartKind::Since(position) => {
                RoundStart::Snapshot(self.hub.number(position).unwrap_or_default())
            }
        });
        let keyed = self.keyed.get_or_insert_default();
        keyed.push(Rounds::new(channel, key, &start));
        None
    }

    /// Takes a channel out of the set. Returns `true` if there was one.
    pub(super) fn take_channel(&mut self, is_it: impl Fn(&Arc<ChannelShared>) -> bool) -> bool {
        let member = self.members.remove(&is_it);
        let taken = member.map(|member| (member.channel, member.key));
        let taken = taken.or_else(|| {
            let rounds = self.keyed.as_mut()?.remove(&is_it)?;
            Some((rounds.channel, rounds.key))
        });
        let is_taken = taken.is_some();
        self.leave_channels(taken.into_iter());
        is_taken
    }

    pub(super) fn remove(&mut self, name: &Arc<str>) {
        let mut has_removed = false;
        // A closed one that is not read yet can be in the set beside the one that was made anew.
        while self.take_channel(|channel| channel.name == *name) {
            has_removed = true;
        }
        if let Some(changes) = self.changes.as_mut().filter(|_| has_removed) {
            let notice = ChangeNotice::Removed(Arc::clone(name));
            changes.notices.push_back(notice);
        }
    }

    /// Removes a channel that is closed while others are open. A channel of its name that is made anew is
    /// not in the set of this subscription, and the client has to know, unless it was added since.
    pub(super) fn drop_closed(&mut self, channel: &Arc<ChannelShared>) -> Option<ReaderItem> {
        self.take_channel(|one| Arc::ptr_eq(one, channel));
        let is_added_anew = self.channels().any(|other| other.name == channel.name);
        let name = Arc::clone(&channel.name);
        (!is_added_anew).then_some(ReaderItem::Change(ChangeNotice::Removed(name)))
    }

    /// Returns `true` if there is no channel, but one may be added.
    pub(super) fn can_grow(&self) -> bool {
        let is_named = self.changes.as_ref().is_some_and(|one| one.is_named());
        is_named && self.channels().next().is_none() && !self.hub.is_closed()
    }

    /// Leaves the channels. To be called once.
    pub(super) fn leave(&mut self) {
        let keyed = self.keyed.take().map(|keyed| keyed.into_vec());
        let keyed = keyed.into_iter().flatten();
        let keyed = keyed.map(|rounds| (rounds.channel, rounds.key));
        match mem::take(&mut self.members) {
            Members::One(only) => {
                let only = iter::once((only.channel, only.key));
                self.leave_channels(only.chain(keyed));
            }
            Members::Many(members) => {
                let members = members.into_iter();
                let members = members.map(|member| (member.channel, member.key));
                self.leave_channels(members.chain(keyed));
            }
        }
        self.changes = None;
    }

    pub(super) fn leave_channels(&self, channels: impl Iterator<Item = (Arc<ChannelShared>, u64)>) {
        let name = self.changes.as_ref().and_then(|changes| changes.name());
        self.hub.leave(channels, name);
    }
}
