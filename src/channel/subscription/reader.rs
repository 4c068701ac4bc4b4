//! The position of a subscription in its channels.

use std::{
    mem,
    sync::Arc,
    task::{Poll, Waker},
};

use super::{
    member::{Member, Peek},
    members::Members,
};
use crate::{
    EventId,
    channel::{
        ChannelEvent, Gap,
        hub::shared::HubShared,
        shared::ChannelShared,
        subscribers::{SubscriberWaker, Task},
    },
};

/// A position in the sequence of a hub, read in some of its channels. It counts as a subscriber of them
/// until it [leaves](Self::leave).
pub(super) struct Reader {
    hub: Arc<HubShared>,
    members: Members,
    /// Everything up to this number, in these channels, has been read.
    position: u64,
    waker: Arc<SubscriberWaker>,
    /// The task that waits.
    task: Option<Task>,
}

/// Where a reader begins.
pub(super) enum Start {
    /// After what is published by now.
    Now,
    /// After this number. `None` for an id that the hub has not made.
    After(Option<u64>),
    /// With the oldest events.
    Oldest,
}

/// The event with the lowest number.
struct Next {
    number: u64,
    /// The place of the channel that has it.
    member: usize,
    /// Whether it was published to other channels of the subscription as well.
    is_shared: bool,
}

/// The result of reading.
pub(super) enum ReaderItem {
    Event(ChannelEvent),
    /// The next event of this channel was evicted.
    Evicted(Arc<ChannelShared>),
    /// All channels are closed, and everything has been read.
    Closed,
}

impl Reader {
    /// Subscribes to these channels.
    pub(super) fn new(
        hub: &Arc<HubShared>,
        channels: Vec<Arc<ChannelShared>>,
        start: &Start,
    ) -> Self {
        let waker = Arc::default();
        let (keys, published) = hub.join(&channels, &waker);
        let (position, from) = match start {
            Start::Now => (published, published),
            Start::After(number) => (number.unwrap_or(0), 0),
            Start::Oldest => (0, 0),
        };
        let members = channels.into_iter().zip(keys).map(|(channel, key)| {
            let mut member = Member::new(channel, key, from);
            if matches!(start, Start::Oldest) {
                member.skip_evicted();
            }
            member.start(position);
            member
        });
        Self {
            hub: Arc::clone(hub),
            members: members.collect(),
            position,
            waker,
            task: None,
        }
    }

    /// Returns the channels, in the order in which they were given.
    pub(super) fn channels(&self) -> impl Iterator<Item = &Arc<ChannelShared>> {
        self.members.as_slice().iter().map(|member| &member.channel)
    }

    pub(super) fn hub(&self) -> &HubShared {
        &self.hub
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the id of everything that has been read.
    pub(super) fn last_id(&self) -> EventId {
        self.hub.epoch.id(self.position)
    }

    /// Reads the next event. Is pending until it is published.
    pub(super) fn poll_next(&mut self, waker: &Waker) -> Poll<ReaderItem> {
        if self.waker.is_waiting(self.task, waker) {
            return Poll::Pending;
        }
        self.task = None;
        if let Some(item) = self.read() {
            return Poll::Ready(item);
        }
        let task = self.waker.wait(waker);
        // It may have been published before the waker was registered.
        match self.read() {
            Some(item) => Poll::Ready(item),
            None => {
                self.task = Some(task);
                Poll::Pending
            }
        }
    }

    fn read(&mut self) -> Option<ReaderItem> {
        // Before the logs: see `hub::shared`.
        let published = self.hub.published();
        loop {
            let next = match self.find_next() {
                Ok(next) => next.filter(|next| next.number <= published)?,
                Err(item) => return Some(item),
            };
            if let Some(event) = self.take(&next) {
                return Some(ReaderItem::Event(event));
            }
        }
    }

    /// Finds the event with the lowest number of all channels.
    fn find_next(&mut self) -> Result<Option<Next>, ReaderItem> {
        let (mut next, mut is_open) = (None::<Next>, false);
        for (member, one) in self.members.as_mut_slice().iter_mut().enumerate() {
            let number = match one.peek(self.position) {
                Peek::At(number) => number,
                Peek::Empty => {
                    is_open = true;
                    continue;
                }
                Peek::Evicted => return Err(ReaderItem::Evicted(Arc::clone(&one.channel))),
                Peek::Closed => continue,
            };
            match &mut next {
                Some(next) if next.number < number => {}
                Some(next) if next.number == number => next.is_shared = true,
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
        match next {
            None if !is_open => Err(ReaderItem::Closed),
            next => Ok(next),
        }
    }

    /// Takes an event. `None` if it has been evicted.
    fn take(&mut self, next: &Next) -> Option<ChannelEvent> {
        let members = self.members.as_mut_slice();
        let taken = members.get_mut(next.member)?.take(self.position)?;
        if next.is_shared {
            members
                .iter_mut()
                .for_each(|member| member.pass(next.number));
        }
        self.position = next.number;
        let event = ChannelEvent::published(taken.event, self.hub.epoch, next.number);
        Some(event)
    }

    /// Moves past what a channel has evicted. Returns how many of its events are missed.
    pub(super) fn skip_evicted(&mut self, channel: &Arc<ChannelShared>) -> u64 {
        self.member(channel).map_or(0, Member::skip_evicted)
    }

    /// Moves to the newest event of a channel. Returns how many of its events are missed.
    pub(super) fn skip_to_newest(&mut self, channel: &Arc<ChannelShared>) -> u64 {
        self.hub.expire(channel);
        self.member(channel).map_or(0, Member::skip_to_newest)
    }

    fn member(&mut self, channel: &Arc<ChannelShared>) -> Option<&mut Member> {
        let mut members = self.members.as_mut_slice().iter_mut();
        members.find(|member| Arc::ptr_eq(&member.channel, channel))
    }

    /// Moves past what the channels have evicted, and returns the gaps of those that have any: of all if
    /// the client's id is unknown.
    pub(super) fn skip_gaps(
        &mut self,
        last_event_id: &EventId,
        is_known: bool,
    ) -> Vec<(Arc<ChannelShared>, Gap)> {
        let position = self.position;
        let with_gap = self.members.as_mut_slice().iter_mut();
        let with_gap = with_gap.filter(|member| !is_known || member.has_gap(position));
        let gaps: Vec<_> = with_gap
            .map(|member| {
                member.skip_evicted();
                let channel = Arc::clone(&member.channel);
                let gap = Gap::new(last_event_id.clone(), is_known, &self.hub, &channel);
                (channel, gap)
            })
            .collect();
        if !gaps.is_empty() {
            self.settle();
        }
        gaps
    }

    /// Moves to the end of what is published in a channel.
    pub(super) fn skip_all(&mut self, channel: &Arc<ChannelShared>) {
        let published = self.hub.published();
        if let Some(member) = self.member(channel) {
            member.from = published;
            member.start(published);
        }
        self.settle();
    }

    /// Moves as far as nothing is left out, so that the id of the position is one with which the client
    /// does not have the same gap again. Returns `true` if an event can be read.
    pub(super) fn settle(&mut self) -> bool {
        // Before the logs: see `hub::shared`.
        let published = self.hub.published();
        let next = match self.find_next() {
            Ok(next) => next.map(|next| next.number),
            Err(ReaderItem::Closed) => None,
            Err(_) => return true,
        };
        let before = next.map_or(published, |number| number - 1);
        self.position = self.position.max(before.min(published));
        next.is_some_and(|number| number <= published)
    }

    /// Leaves the channels. To be called once.
    pub(super) fn leave(&mut self) {
        for member in mem::take(&mut self.members).into_vec() {
            self.hub.leave(&member.channel, member.key);
        }
    }
}
