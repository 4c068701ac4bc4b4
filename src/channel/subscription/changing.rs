//! Changes of the channels of a subscription: additions, removals, and the end.

use std::{iter, mem, sync::Arc};

use super::{
    addition::{Added, Addition},
    changes::ChangeNotice,
    control::Change,
    members::Members,
    reader::{Reader, ReaderItem},
};
use crate::channel::shared::ChannelShared;

impl Reader {
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Add(addition) => self.add(addition),
            Change::Remove { name } => self.remove(&name),
            Change::Missed => self
                .changes
                .iter_mut()
                .for_each(|one| one.has_missed = true),
        }
    }

    /// Returns `true` if this is one of the channels.
    pub(super) fn has(&self, channel: &Arc<ChannelShared>) -> bool {
        self.channels().any(|one| Arc::ptr_eq(one, channel))
    }

    fn add(&mut self, addition: Addition) {
        let (channel, key) = addition.channel();
        let channel = Arc::clone(channel);
        if self.has(&channel) {
            return self.leave_channels(iter::once((channel, key)));
        }
        let gap = match addition.added {
            Added::Window(member, gap) => {
                self.members.push(member);
                self.paging.iter_mut().for_each(|paging| paging.end());
                gap
            }
            Added::Keyed(rounds) => {
                self.keyed.get_or_insert_default().push(rounds);
                None
            }
        };
        if let Some(changes) = &mut self.changes {
            let name = Arc::clone(&channel.name);
            changes.notices.push_back(ChangeNotice::Added(name));
            changes.notices.extend(gap.map(ChangeNotice::Gap));
            // Of what is published after the addition and before it is applied, ids may have been sent.
            changes.add_checkpoint(addition.at.max(self.position));
        }
    }

    /// Takes a channel out of the set. Returns `true` if there was one.
    pub(super) fn take_channel(&mut self, is_it: impl Fn(&Arc<ChannelShared>) -> bool) -> bool {
        let member = self.members.remove(&is_it);
        let taken = member.map(|member| (member.channel, member.key));
        let taken = taken.or_else(|| {
            let rounds = self.keyed.as_mut()?.remove(&is_it)?;
            Some((rounds.channel, rounds.key))
        });
        if let Some((channel, _)) = &taken {
            let paging = self.paging.iter_mut();
            paging.for_each(|paging| paging.drop_gaps_of(channel));
        }
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

    /// Returns `true` if all channels are closed, by the hub or one by one. Then none of them leaves the set: the
    /// subscription reads the rest and ends, so that the last id is one of all of them.
    pub(super) fn is_ending(&self) -> bool {
        self.hub.are_closed(|| self.channels())
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
