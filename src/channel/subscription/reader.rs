//! The position of a subscription in its channels.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{
    changes::{ChangeNotice, Changes},
    keyed::KeyedMembers,
    member::Member,
    members::Members,
    page::{Missed, Paging},
};
use crate::{
    EventId,
    channel::{
        ChannelEvent,
        hub::shared::HubShared,
        shared::ChannelShared,
        subscribers::{SubscriberWaker, Task},
    },
    store::Epoch,
    stream::{scope, scope::PollGuard},
};

/// A position in the sequence of a hub, read in some of its channels. It counts as a subscriber of them
/// until it [leaves](Self::leave).
pub(super) struct Reader {
    pub(super) hub: Arc<HubShared>,
    /// The epoch of the position.
    pub(super) epoch: Epoch,
    pub(super) members: Members,
    /// Everything up to this number, in the channels with ids, has been read.
    pub(super) position: u64,
    pub(super) waker: Arc<SubscriberWaker>,
    /// The task that waits.
    pub(super) task: Option<Task>,
    /// Boxed because few subscriptions change.
    pub(super) changes: Option<Box<Changes>>,
    /// Boxed because few subscriptions need one at a time.
    pub(super) paging: Option<Box<Paging>>,
    /// Boxed because few subscriptions have any.
    pub(super) keyed: Option<Box<KeyedMembers>>,
}

/// The result of reading.
pub(super) enum ReaderItem {
    Event {
        event: ChannelEvent,
        /// The place of its channel.
        member: usize,
    },
    /// A change of a key in a keyed channel.
    Keyed {
        event: ChannelEvent,
        key: Arc<str>,
        /// The place of the channel among the keyed ones.
        place: usize,
    },
    /// Everything up to the position has been read. The flag is set if the client got keyed events since
    /// its last id.
    RoundEnd { needs_id: bool },
    /// A keyed channel begins with a snapshot. The flag says whether it has ids.
    Snapshot(Arc<ChannelShared>, bool),
    /// Nothing was read, but there may be more: it may be time for a break.
    Again,
    /// The next event of this channel was evicted.
    Evicted(Arc<ChannelShared>),
    /// Events are neither in the log of a channel nor in the store.
    Missed(Box<Missed>),
    /// The hub has begun another epoch, in which the position has no meaning, or may have missed a change of the
    /// channels.
    Superseded,
    /// A channel was added or removed.
    Change(ChangeNotice),
    /// Everything up to the position has been read, and the client should get its id.
    Checkpoint,
    /// All channels are closed, and everything has been read.
    Closed,
}

impl Reader {
    /// Returns the channels, in the order in which they were given.
    pub(super) fn channels(&self) -> impl Iterator<Item = &Arc<ChannelShared>> {
        let members = self.members.as_slice().iter();
        let keyed = self.keyed.iter().flat_map(|keyed| keyed.as_slice());
        let keyed = keyed.map(|rounds| &rounds.channel);
        members.map(|member| &member.channel).chain(keyed)
    }

    /// Returns the keyed channel at a place.
    pub(super) fn keyed_channel(&self, place: usize) -> Option<&Arc<ChannelShared>> {
        let rounds = self.keyed.as_ref()?.as_slice().get(place)?;
        Some(&rounds.channel)
    }

    /// Takes back a keyed event that the client does not get.
    pub(super) fn hide(&mut self, place: usize, key: &str) {
        let keyed = self.keyed.as_mut();
        if let Some(rounds) = keyed.and_then(|keyed| keyed.get_mut(place)) {
            rounds.hide(key);
        }
    }

    /// Returns the channel at a place.
    pub(super) fn channel(&self, member: usize) -> Option<&Arc<ChannelShared>> {
        let member = self.members.as_slice().get(member)?;
        Some(&member.channel)
    }

    pub(super) fn hub(&self) -> &HubShared {
        &self.hub
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns `true` if the client gets the id of a position later, as a checkpoint.
    pub(super) fn owes_checkpoint(&self) -> bool {
        let changes = self.changes.as_ref();
        changes.is_some_and(|changes| changes.owes_checkpoint())
    }

    /// Sends a client without an id that of the position only when everything up to it has been read. The
    /// history of one channel precedes the position, if another channel begins with the next event.
    pub(super) fn catch_up(&mut self) {
        let position = self.position;
        let is_ahead = position > self.hub.published();
        let members = self.members.as_slice().iter().filter(|one| one.has_ids());
        let mut members = members.filter(|one| one.seen() < position);
        // The store of the hub may have what the log has evicted, or does not have yet.
        let is_behind = |one: &Member| {
            let next = one.next_number();
            is_ahead || one.has_gap() || next.is_some_and(|number| number <= position)
        };
        if members.any(is_behind) {
            let changes = self.changes.get_or_insert_default();
            changes.catch_up(self.position);
        }
    }

    /// Returns the id of everything that has been read, unless events up to the position are still to come
    /// that a client with this id would not get again.
    pub(super) fn id_before_log(&self) -> Option<EventId> {
        let changes = self.changes.as_ref();
        let is_catching_up = changes.is_some_and(|changes| changes.is_catching_up);
        (!is_catching_up).then(|| match self.keyed_alone() {
            // Not the position that other channels have had: of this one nothing has been read.
            Some(rounds) => self.epoch.keyed_id(rounds.start()),
            None => self.last_id(),
        })
    }

    /// Returns the id of everything that has been read.
    pub(super) fn last_id(&self) -> EventId {
        match self.keyed_has_ids() {
            true => self.epoch.keyed_id(self.position),
            false => self.epoch.id(self.position),
        }
    }

    /// Reads the next event. Is pending until it is published.
    #[inline]
    pub(super) fn poll_next(&mut self, waker: &Waker) -> Poll<ReaderItem> {
        let polled = self.poll_item(waker);
        let has_missed = self.changes.as_ref().is_some_and(|one| one.has_missed);
        // After that: the epoch changes before the logs do, so what was read was not of another one.
        match !self.hub.is_in(self.epoch) || has_missed {
            true => Poll::Ready(ReaderItem::Superseded),
            false => polled,
        }
    }

    fn poll_item(&mut self, waker: &Waker) -> Poll<ReaderItem> {
        self.poll_departures(waker);
        let has_page = self.paging.is_some() && self.poll_page(waker);
        if !has_page && self.waker.is_waiting(self.task, waker) {
            return Poll::Pending;
        }
        self.task = None;
        if let Some(item) = self.read() {
            return Poll::Ready(item);
        }
        let channels = self.channels().map(|channel| &channel.subscribers);
        let task = self.waker.wait(waker, channels);
        // It may have been published before the waker was registered, or a name may have begun to leave.
        self.poll_departures(waker);
        if let Some(item) = self.read() {
            return Poll::Ready(item);
        }
        let changes = self.changes.as_ref();
        let has_more = changes.is_some_and(|changes| changes.has_more());
        // A page that was asked for just now has to know the task. On another thread it may have arrived already.
        let has_page = self.paging.is_some() && self.poll_page(waker);
        match has_page || has_more {
            // The next poll is not to wait for the channels.
            true => waker.wake_by_ref(),
            false => self.task = Some(task),
        }
        Poll::Pending
    }

    /// Waits for the next names that leave, in the feeds of a presence.
    fn poll_departures(&mut self, waker: &Waker) {
        if let Some(keyed) = &mut self.keyed {
            keyed.poll_departures(&mut Context::from_waker(waker));
        }
    }

    /// Applies the changes since the last poll. What this returns is kept until this poll is over, if no
    /// stream polls.
    pub(super) fn begin_poll(&mut self) -> Option<PollGuard> {
        let control = Arc::clone(self.changes.as_ref()?.control()?);
        let mut changes = Vec::new();
        let guard = scope::hold(&control, || changes = control.begin_poll());
        for change in changes {
            self.apply(change);
        }
        Some(guard)
    }
}
