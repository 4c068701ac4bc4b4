//! Reading the channels that are not keyed, in the order of the numbers of their events.

use std::sync::Arc;

use super::{
    next_event::Peek,
    reader::{Reader, ReaderItem},
    reading::without_id,
    rounds::Rounds,
};
use crate::channel::{ChannelEvent, shared::ChannelShared};

/// What the channels have next.
pub(super) struct Found {
    pub(super) next: Option<Next>,
    /// Whether more may follow in one of them.
    pub(super) is_open: bool,
    /// The place of one that is closed.
    pub(super) closed: Option<usize>,
    /// The place of the first whose next event was evicted. Those after it were not looked at.
    pub(super) evicted: Option<usize>,
}

/// The event with the lowest number.
pub(super) struct Next {
    pub(super) number: u64,
    /// The place of the channel that has it.
    member: usize,
    /// Whether it was published to other channels of the subscription as well.
    is_shared: bool,
}

impl Found {
    /// Adds the next event of a channel.
    fn add(&mut self, number: u64, member: usize, has_ids: bool) {
        self.is_open = true;
        match &mut self.next {
            Some(next) if next.number < number => {}
            Some(next) if next.number == number => {
                next.is_shared = true;
                // In the form with an id, if one of the channels has ids.
                if has_ids {
                    next.member = member;
                }
            }
            _ => {
                self.next = Some(Next {
                    number,
                    member,
                    is_shared: false,
                });
            }
        }
    }
}

impl Reader {
    /// Reads the channels that are not keyed. Otherwise returns `true` if one of them is open.
    pub(super) fn read_windows(&mut self, published: u64) -> Result<ReaderItem, bool> {
        loop {
            if self.paging.is_some() {
                if let Some(read) = self.read_page(published) {
                    return read;
                }
            }
            let (next, is_open) = match self.find_next() {
                Ok(found) => found,
                Err(ReaderItem::Evicted(channel)) if self.begin_page(&channel, published) => {
                    continue;
                }
                Err(item) => return Ok(item),
            };
            let next = next.filter(|next| next.number <= published);
            let number = next.as_ref().map(|next| next.number);
            if self.take_addition(number, published) {
                return Ok(ReaderItem::Checkpoint);
            }
            let Some(next) = next else {
                return Err(is_open);
            };
            if let Some(event) = self.take(&next) {
                let member = next.member;
                return Ok(ReaderItem::Event { event, member });
            }
        }
    }

    /// Moves to an addition up to which everything has been read, and returns `true`, if there is one.
    pub(super) fn take_addition(&mut self, next: Option<u64>, published: u64) -> bool {
        let keyed = self.keyed.as_ref().filter(|_| self.keyed_has_ids());
        if keyed.is_some_and(|keyed| !keyed.has_read(published)) {
            return false;
        }
        let changes = self.changes.as_mut();
        let Some(addition) = changes.and_then(|changes| changes.take_addition(next, published))
        else {
            return false;
        };
        // The last round of a keyed channel may have ended beside others.
        let read = self.keyed_alone().map_or(0, Rounds::start);
        self.position = self.position.max(addition).max(read);
        true
    }

    /// Finds the event with the lowest number of all channels that are not keyed. Returns `true` as well if
    /// more may follow.
    fn find_next(&mut self) -> Result<(Option<Next>, bool), ReaderItem> {
        let Found {
            next,
            is_open,
            closed,
            evicted,
        } = self.look();
        if let Some(evicted) = self.channel_at(evicted) {
            return Err(ReaderItem::Evicted(evicted));
        }
        match self.channel_at(closed) {
            Some(channel) if (is_open || self.has_open_keyed()) && !self.is_ending() => {
                match self.drop_closed(&channel) {
                    Some(notice) => Err(notice),
                    None => self.find_next(),
                }
            }
            _ => Ok((next, is_open)),
        }
    }

    fn channel_at(&self, member: Option<usize>) -> Option<Arc<ChannelShared>> {
        self.channel(member?).cloned()
    }

    /// Looks for the next event of each channel that is not keyed.
    pub(super) fn look(&mut self) -> Found {
        let mut found = Found {
            next: None,
            is_open: false,
            closed: None,
            evicted: None,
        };
        for (member, one) in self.members.as_mut_slice().iter_mut().enumerate() {
            match one.peek() {
                Peek::At(number) => found.add(number, member, one.has_ids()),
                Peek::Empty => found.is_open = true,
                Peek::Closed => found.closed = Some(member),
                Peek::Evicted => {
                    found.evicted = Some(member);
                    return found;
                }
            }
        }
        found
    }

    /// Takes an event. `None` if it has been evicted.
    pub(super) fn take(&mut self, next: &Next) -> Option<ChannelEvent> {
        let members = self.members.as_mut_slice();
        let member = members.get_mut(next.member)?;
        let (taken, has_ids) = (member.take(next.number)?, member.has_ids());
        if next.is_shared {
            for member in members {
                member.pass(next.number);
            }
        }
        if !has_ids {
            return Some(ChannelEvent::from_encoded(taken.event));
        }
        if next.number <= self.position {
            return Some(without_id(taken.event));
        }
        self.position = next.number;
        let event = ChannelEvent::published(taken.event, self.epoch, next.number);
        Some(event)
    }
}
