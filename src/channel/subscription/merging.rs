//! Reading the channels that are not keyed, in the order of the numbers of their events.

use std::sync::Arc;

use super::{
    next_event::Peek,
    reader::{Reader, ReaderItem},
    reading::without_id,
    rounds::Rounds,
};
use crate::channel::ChannelEvent;

/// The event with the lowest number.
struct Next {
    number: u64,
    /// The place of the channel that has it.
    member: usize,
    /// Whether it was published to other channels of the subscription as well.
    is_shared: bool,
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
        let (mut next, mut is_open, mut closed) = (None::<Next>, false, None);
        for (member, one) in self.members.as_mut_slice().iter_mut().enumerate() {
            let number = match one.peek() {
                Peek::At(number) => {
                    is_open = true;
                    number
                }
                Peek::Empty => {
                    is_open = true;
                    continue;
                }
                Peek::Evicted => return Err(ReaderItem::Evicted(Arc::clone(&one.channel))),
                Peek::Closed => {
                    closed = Some(Arc::clone(&one.channel));
                    continue;
                }
            };
            match &mut next {
                Some(next) if next.number < number => {}
                Some(next) if next.number == number => {
                    next.is_shared = true;
                    // In the form with an id, if one of the channels has ids.
                    if one.has_ids() {
                        next.member = member;
                    }
                }
                _ => {
                    let is_shared = false;
                    next = Some(Next {
                        number,
                        member,
                        is_shared,
                    });
                }
            }
        }
        match closed {
            Some(channel) if (is_open || self.has_open_keyed()) && !self.is_ending() => {
                match self.drop_closed(&channel) {
                    Some(notice) => Err(notice),
                    None => self.find_next(),
                }
            }
            _ => Ok((next, is_open)),
        }
    }

    /// Takes an event. `None` if it has been evicted.
    fn take(&mut self, next: &Next) -> Option<ChannelEvent> {
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
