//! Reading the channels of a subscription: the only one, or keyed and other ones in turn.

use std::{mem, sync::Arc};

use super::{
    member::Member,
    members::Members,
    next_event::MemberItem,
    reader::{Reader, ReaderItem},
    rounds::{RoundStep, Rounds},
};
use crate::{
    EncodedEvent,
    channel::{ChannelEvent, numbered::Unnumbered},
};

impl Reader {
    pub(super) fn read(&mut self) -> Option<ReaderItem> {
        let changes = self.changes.as_mut();
        if let Some(notice) = changes.and_then(|changes| changes.notices.pop_front()) {
            return Some(ReaderItem::Change(notice));
        }
        // Before the logs: see `hub::shared`.
        let published = self.hub.published();
        let control = self.changes.as_ref().and_then(|changes| changes.control());
        let published = control.map_or(published, |control| published.min(control.limit()));
        if self.keyed.is_some() {
            return self.read_in_turn(published);
        }
        if let (Members::One(only), None, None) = (&mut self.members, &self.changes, &self.paging) {
            let read = only.read(published);
            if self.hub.node.is_none() || !matches!(read, MemberItem::Evicted) {
                return self.take_only(read);
            }
        }
        match self.read_windows(published) {
            Ok(item) => Some(item),
            Err(is_open) => (!is_open && !self.can_grow()).then_some(ReaderItem::Closed),
        }
    }

    /// Takes what was read of the only channel.
    pub(super) fn take_only(&mut self, read: MemberItem) -> Option<ReaderItem> {
        let Members::One(only) = &self.members else {
            return None;
        };
        match read {
            MemberItem::Event(number, event) => {
                let event = self.receive(number, event);
                Some(ReaderItem::Event { event, member: 0 })
            }
            MemberItem::Empty => None,
            MemberItem::Evicted => Some(ReaderItem::Evicted(Arc::clone(&only.channel))),
            MemberItem::Closed => Some(ReaderItem::Closed),
        }
    }

    /// Advances the position to an event of the only channel, and gives it the id that the client is to get.
    #[inline]
    pub(super) fn receive(&mut self, number: u64, event: EncodedEvent) -> ChannelEvent {
        let has_ids = self.members.as_slice().iter().all(Member::has_ids);
        match has_ids {
            true if number > self.position => {
                self.position = number;
                ChannelEvent::published(event, self.epoch, number)
            }
            true => without_id(event),
            false => ChannelEvent::from_encoded(event),
        }
    }

    /// Reads keyed and other channels in turn.
    pub(super) fn read_in_turn(&mut self, published: u64) -> Option<ReaderItem> {
        let keyed = self.keyed.as_mut()?;
        let others_first = mem::take(&mut keyed.is_turn_of_others);
        if !others_first {
            if let Some(item) = self.read_keyed(published) {
                let is_event = matches!(item, ReaderItem::Keyed { .. });
                self.keyed.as_mut()?.is_turn_of_others = is_event;
                return Some(item);
            }
        }
        let is_open = match self.read_windows(published) {
            Ok(item) => {
                // A notice takes no turn, or a channel that lags all the time would have hardly another.
                let is_event = matches!(item, ReaderItem::Event { .. });
                let keyed = self.keyed.as_mut();
                keyed
                    .into_iter()
                    .for_each(|one| one.is_turn_of_others = !is_event);
                return Some(item);
            }
            Err(is_open) => is_open,
        };
        if others_first {
            if let Some(item) = self.read_keyed(published) {
                return Some(item);
            }
        }
        let mut rounds = self.keyed.as_ref()?.as_slice().iter();
        let closed = rounds.find(|rounds| rounds.is_finished());
        let closed = closed.map(|rounds| Arc::clone(&rounds.channel));
        match closed {
            Some(channel) if (is_open || self.has_open_keyed()) && !self.is_ending() => {
                match self.drop_closed(&channel) {
                    Some(notice) => Some(notice),
                    None => self.read_in_turn(published),
                }
            }
            _ if !is_open && !self.has_open_keyed() && !self.can_grow() => Some(ReaderItem::Closed),
            _ => None,
        }
    }

    pub(super) fn read_keyed(&mut self, published: u64) -> Option<ReaderItem> {
        loop {
            let has_ids = self.keyed_has_ids();
            let keyed = self.keyed.as_mut()?;
            let (place, step) = keyed.step(published)?;
            let channel = &keyed.as_slice().get(place)?.channel;
            match step {
                RoundStep::Again => return Some(ReaderItem::Again),
                RoundStep::Idle => {}
                RoundStep::Snapshot(at) => {
                    if has_ids {
                        // A client that forgets what it has must not resume from before.
                        self.position = at;
                    }
                    return Some(ReaderItem::Snapshot(Arc::clone(channel), has_ids));
                }
                RoundStep::Event { key, event, id } => {
                    let epoch = self.epoch;
                    let event = match id.filter(|_| has_ids) {
                        Some(number) => {
                            self.position = number;
                            let id = || epoch.keyed_id(number);
                            let encode = || Unnumbered::new(event.without_id).with_id(&id());
                            let event = event.with_id.unwrap_or_else(encode);
                            ChannelEvent::keyed(event, epoch, number)
                        }
                        None => ChannelEvent::from_encoded(event.without_id),
                    };
                    return Some(ReaderItem::Keyed { event, key, place });
                }
                RoundStep::Removed { key, id } => {
                    let keyed = channel.options.keyed.as_ref()?;
                    let event = Unnumbered::new((keyed.removal)(&key).into());
                    let event = match id.filter(|_| has_ids) {
                        Some(number) => {
                            self.position = number;
                            event.with_id(&self.epoch.keyed_id(number))
                        }
                        None => event.into_event(),
                    };
                    let event = ChannelEvent::from_encoded(event);
                    return Some(ReaderItem::Keyed { event, key, place });
                }
                RoundStep::Ended { upto, needs_id } if has_ids => {
                    // Not the position that other channels have had before they went away.
                    self.position = upto;
                    return Some(ReaderItem::RoundEnd { needs_id });
                }
                RoundStep::Ended { .. } => {}
            }
        }
    }

    /// Returns `true` if the client gets ids, or may get them from a channel that is added.
    pub(super) fn has_ids(&self) -> bool {
        let members = self.members.as_slice();
        members.iter().any(Member::has_ids) || self.keyed_has_ids() || self.can_grow()
    }

    /// Returns `true` if there is one channel only, which is keyed and has ids.
    pub(super) fn keyed_has_ids(&self) -> bool {
        self.keyed_alone().is_some()
    }

    /// Returns the only channel, if it is keyed and has ids.
    pub(super) fn keyed_alone(&self) -> Option<&Rounds> {
        let keyed = self.keyed.as_ref().map(|keyed| keyed.as_slice());
        match (self.members.as_slice(), keyed) {
            ([], Some([only])) => only.channel.options.has_ids.then_some(only),
            _ => None,
        }
    }

    pub(super) fn has_open_keyed(&self) -> bool {
        let keyed = self
            .keyed
            .as_ref()
            .map_or(&[][..], |keyed| keyed.as_slice());
        keyed.iter().any(|rounds| !rounds.is_finished())
    }
}

/// Makes an event that is sent without the id which it may have.
pub(super) fn without_id(event: EncodedEvent) -> ChannelEvent {
    ChannelEvent::from_encoded(Unnumbered::new(event).into_event())
}
