//! The beginning of a subscription in its channels.

use std::sync::Arc;

use super::{
    changes::{ChangeNotice, Changes},
    keyed::KeyedMembers,
    reader::Reader,
    resumption::{Gaps, Resumption, restart_in},
    round_start::RoundStart,
    rounds::Rounds,
};
use crate::{
    EventId,
    channel::{
        hub::{registration::Registration, shared::HubShared},
        shared::ChannelShared,
        start::Start,
    },
};

impl Reader {
    /// Subscribes to these channels. Returns the gaps of those that have lost events after their start, or
    /// that are resumed after an id which the hub has not made.
    pub(super) fn new(
        hub: &Arc<HubShared>,
        channels: Vec<(Arc<ChannelShared>, Start)>,
        last_event_id: Option<&EventId>,
        restart: u64,
        registration: Option<Registration>,
    ) -> (Self, Gaps) {
        let (channels, starts): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
        let waker = match &registration {
            Some(registration) => Arc::clone(&registration.control().waker),
            None => Arc::default(),
        };
        let name = registration.as_ref().map(Registration::name);
        let epoch = hub.epoch();
        let (keys, published) = hub.join(&channels, &waker, name);
        let control = registration.as_ref().map(|one| Arc::clone(one.control()));
        let resumption = Resumption {
            hub,
            last_event_id,
            last: last_event_id.map(|id| hub.number(id)),
            last_keyed: last_event_id
                .filter(|_| is_keyed_alone(&channels))
                .and_then(|id| hub.keyed_number(id)),
            published,
            restart: restart_in(epoch, last_event_id, restart),
        };
        let additions = resumption.additions(&starts);
        let added = channels.iter().zip(&starts);
        let added = added.filter(|(_, start)| resumption.begins_again(start));
        let added: Vec<_> = added
            .map(|(channel, _)| Arc::clone(&channel.name))
            .collect();
        let is_keyed_alone = is_keyed_alone(&channels);
        let (mut members, mut keyed) = (Vec::new(), KeyedMembers::default());
        let mut window_starts = Vec::new();
        for ((channel, key), start) in channels.into_iter().zip(keys).zip(starts) {
            if channel.options.keyed.is_some() {
                let start = RoundStart::in_feed(&channel, &start)
                    .unwrap_or_else(|| resumption.round_start(&channel, &start));
                keyed.push(Rounds::new(channel, key, &start));
                continue;
            }
            members.push(resumption.member(channel, key, &start));
            window_starts.push(start);
        }
        let position = match keyed.as_slice() {
            // Nothing of a snapshot has been sent yet.
            [only] if is_keyed_alone => only.start(),
            _ => resumption.position(&members, &window_starts),
        };
        // A channel that was added before has a position that no id may reach before its history.
        let limit = control.as_ref().map_or(position, |control| control.limit());
        let position = position.min(limit);
        let mut changes = Changes::new(registration, additions, position);
        let notices = added.into_iter().map(ChangeNotice::Added);
        changes.notices.extend(notices);
        let gaps = resumption.gaps(&members, &window_starts);
        let mut reader = Self {
            hub: Arc::clone(hub),
            epoch,
            members: members.into_iter().collect(),
            position,
            waker,
            task: None,
            changes: changes.into_box(),
            paging: None,
            keyed: keyed.into_box(),
        };
        let gaps = reader.apply_early_changes(gaps);
        reader.skip_gaps_of(&gaps);
        (reader, gaps)
    }

    /// Applies the changes since the subscription was named. Returns the gaps of the channels that are still there.
    fn apply_early_changes(&mut self, gaps: Gaps) -> Gaps {
        let control = self.changes.as_ref().and_then(|changes| changes.control());
        let early = control.map(|control| control.take_early_changes());
        // Not the channel alone: it may be removed and added again, and then begins elsewhere.
        let keys: Vec<_> = gaps.iter().map(|(one, _)| self.key_in(one)).collect();
        let early = early.into_iter().flatten();
        early.for_each(|change| self.apply(change));
        let gaps = gaps.into_iter().zip(keys);
        let kept = gaps.filter(|((channel, _), key)| self.key_in(channel) == *key);
        kept.map(|(gap, _)| gap).collect()
    }

    /// Returns the key of the subscription among the subscribers of a channel that is not keyed.
    fn key_in(&self, channel: &Arc<ChannelShared>) -> Option<u64> {
        let mut members = self.members.as_slice().iter();
        let member = members.find(|one| Arc::ptr_eq(&one.channel, channel));
        member.map(|one| one.key)
    }

    pub(super) fn skip_gaps_of(&mut self, gaps: &Gaps) {
        for (channel, gap) in gaps {
            let member = self.member(channel);
            member.into_iter().for_each(|one| one.skip_gap(gap));
        }
        if !gaps.is_empty() {
            self.settle();
        }
    }
}

/// Returns `true` if there is one channel only, which is keyed and has ids.
fn is_keyed_alone(channels: &[Arc<ChannelShared>]) -> bool {
    match channels {
        [only] => only.options.keyed.is_some() && only.options.has_ids,
        _ => false,
    }
}
