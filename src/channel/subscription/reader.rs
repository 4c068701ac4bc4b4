//! The position of a subscription in its channels.

use std::{
    iter, mem,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{
    changes::{ChangeNotice, Changes},
    control::Change,
    keyed::KeyedMembers,
    member::{Member, MemberItem, Peek},
    members::Members,
    resumption::{Gaps, Resumption},
    rounds::{RoundStart, RoundStep, Rounds},
};
use crate::{
    EncodedEvent, EventId,
    channel::{
        ChannelEvent, Gap,
        gap::GapAction,
        hub::{registration::Registration, shared::HubShared},
        numbered::Unnumbered,
        shared::ChannelShared,
        start::{Start, StartKind},
        subscribers::{SubscriberWaker, Task},
    },
    stream::scope::{self, PollGuard},
};

/// A position in the sequence of a hub, read in some of its channels. It counts as a subscriber of them
/// until it [leaves](Self::leave).
pub(super) struct Reader {
    hub: Arc<HubShared>,
    members: Members,
    /// Everything up to this number, in the channels with ids, has been read.
    position: u64,
    waker: Arc<SubscriberWaker>,
    /// The task that waits.
    task: Option<Task>,
    /// Boxed because few subscriptions change.
    changes: Option<Box<Changes>>,
    /// Boxed because few subscriptions have any.
    keyed: Option<Box<KeyedMembers>>,
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
    /// The next event of this channel was evicted.
    Evicted(Arc<ChannelShared>),
    /// A channel was added or removed.
    Change(ChangeNotice),
    /// Everything up to the position has been read, and the client should get its id.
    Checkpoint,
    /// All channels are closed, and everything has been read.
    Closed,
}

impl Reader {
    /// Subscribes to these channels. Returns the gaps of those that have lost events after their start, or
    /// that are resumed after an id which the hub has not made.
    pub(super) fn new(
        hub: &Arc<HubShared>,
        channels: Vec<(Arc<ChannelShared>, Start)>,
        last_event_id: Option<&EventId>,
        registration: Option<Registration>,
    ) -> (Self, Gaps) {
        let (channels, starts): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
        let waker = match &registration {
            Some(registration) => Arc::clone(&registration.control().waker),
            None => Arc::default(),
        };
        let name = registration.as_ref().map(Registration::name);
        let (keys, published) = hub.join(&channels, &waker, name);
        let control = registration.as_ref().map(|one| Arc::clone(one.control()));
        let resumption = Resumption {
            hub,
            last_event_id,
            last: last_event_id.map(|id| hub.number(id)),
            last_keyed: last_event_id.and_then(|id| hub.keyed_number(id)),
            published,
        };
        let additions = resumption.additions(&starts);
        let added = channels.iter().zip(&starts);
        let added = added.filter(|(_, start)| resumption.begins_again(start));
        let added: Vec<_> = added
            .map(|(channel, _)| Arc::clone(&channel.name))
            .collect();
        let is_alone = channels.len() == 1;
        let (mut members, mut keyed) = (Vec::new(), KeyedMembers::default());
        let mut window_starts = Vec::new();
        for ((channel, key), start) in channels.into_iter().zip(keys).zip(starts) {
            if channel.options.keyed.is_some() {
                let has_ids = is_alone && channel.options.has_ids;
                let start = RoundStart::in_feed(&channel, &start)
                    .unwrap_or_else(|| resumption.round_start(&channel, &start, has_ids));
                keyed.push(Rounds::new(channel, key, &start));
                continue;
            }
            let seen = resumption.seen(&channel, &start);
            members.push(Member::new(channel, key, seen));
            window_starts.push(start);
        }
        let position = match keyed.as_slice() {
            // Nothing of a snapshot has been sent yet.
            [only] if is_alone && only.channel.options.has_ids => only.start(),
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
            members: members.into_iter().collect(),
            position,
            waker,
            task: None,
            changes: changes.into_box(),
            keyed: keyed.into_box(),
        };
        let early = control.map(|control| control.take_early_changes());
        early
            .into_iter()
            .flatten()
            .for_each(|change| reader.apply(change));
        let mut gaps = gaps;
        gaps.retain(|(channel, _)| reader.has(channel));
        for (channel, gap) in &gaps {
            let member = reader.member(channel);
            member.into_iter().for_each(|one| one.skip_gap(gap));
        }
        if !gaps.is_empty() {
            reader.settle();
        }
        (reader, gaps)
    }

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

    /// Has a client without an id get that of the position only when everything up to it has been read. The
    /// history of one channel precedes the position, if another channel begins with the next event.
    pub(super) fn catch_up(&mut self) {
        let members = self.members.as_slice().iter();
        let mut next = members.filter_map(|one| one.next_number().filter(|_| one.has_ids()));
        if next.any(|number| number <= self.position) {
            let changes = self.changes.get_or_insert_default();
            changes.catch_up(self.position);
        }
    }

    /// Returns the id of everything that has been read, unless events up to the position are still to come
    /// that a client with this id would not get again.
    pub(super) fn id_before_log(&self) -> Option<EventId> {
        let changes = self.changes.as_ref();
        let is_catching_up = changes.is_some_and(|changes| changes.is_catching_up);
        (!is_catching_up).then(|| self.last_id())
    }

    /// Returns the id of everything that has been read.
    pub(super) fn last_id(&self) -> EventId {
        match self.keyed_has_ids() {
            true => self.hub.epoch.keyed_id(self.position),
            false => self.hub.epoch.id(self.position),
        }
    }

    /// Reads the next event. Is pending until it is published.
    pub(super) fn poll_next(&mut self, waker: &Waker) -> Poll<ReaderItem> {
        self.poll_departures(waker);
        if self.waker.is_waiting(self.task, waker) {
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
        self.task = Some(task);
        if self
            .changes
            .as_ref()
            .is_some_and(|changes| changes.has_more())
        {
            waker.wake_by_ref();
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

    fn apply(&mut self, change: Change) {
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

    fn add(&mut self, channel: Arc<ChannelShared>, key: u64, start: &Start, at: u64, lost: u64) {
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
    fn add_window(
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

    fn add_keyed(
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
    fn take_channel(&mut self, is_it: impl Fn(&Arc<ChannelShared>) -> bool) -> bool {
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

    fn remove(&mut self, name: &Arc<str>) {
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

    fn read(&mut self) -> Option<ReaderItem> {
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
        if let (Members::One(only), None) = (&mut self.members, &self.changes) {
            let read = only.read(published);
            return self.take_only(read);
        }
        match self.read_windows(published) {
            Ok(item) => Some(item),
            Err(is_open) => (!is_open && !self.can_grow()).then_some(ReaderItem::Closed),
        }
    }

    /// Takes what was read of the only channel.
    fn take_only(&mut self, read: MemberItem) -> Option<ReaderItem> {
        let Members::One(only) = &self.members else {
            return None;
        };
        match read {
            MemberItem::Event(number, event) => {
                let event = match only.has_ids() && number > self.position {
                    true => {
                        self.position = number;
                        ChannelEvent::published(event, self.hub.epoch, number)
                    }
                    false => without_id(event),
                };
                Some(ReaderItem::Event { event, member: 0 })
            }
            MemberItem::Empty => None,
            MemberItem::Evicted => Some(ReaderItem::Evicted(Arc::clone(&only.channel))),
            MemberItem::Closed => Some(ReaderItem::Closed),
        }
    }

    /// Reads keyed and other channels in turn.
    fn read_in_turn(&mut self, published: u64) -> Option<ReaderItem> {
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
            Some(channel) if is_open || self.has_open_keyed() => match self.drop_closed(&channel) {
                Some(notice) => Some(notice),
                None => self.read_in_turn(published),
            },
            _ if !is_open && !self.has_open_keyed() && !self.can_grow() => Some(ReaderItem::Closed),
            _ => None,
        }
    }

    fn read_keyed(&mut self, published: u64) -> Option<ReaderItem> {
        loop {
            let has_ids = self.keyed_has_ids();
            let keyed = self.keyed.as_mut()?;
            let (place, step) = keyed.step(published)?;
            let channel = &keyed.as_slice().get(place)?.channel;
            match step {
                RoundStep::Again | RoundStep::Idle => {}
                RoundStep::Snapshot(at) => {
                    if has_ids {
                        // A client that forgets what it has must not resume from before.
                        self.position = at;
                    }
                    return Some(ReaderItem::Snapshot(Arc::clone(channel), has_ids));
                }
                RoundStep::Event { key, event, id } => {
                    let epoch = self.hub.epoch;
                    let event = match id.filter(|_| has_ids).zip(event.with_id) {
                        Some((number, event)) => {
                            self.position = number;
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
                            event.with_id(&self.hub.epoch.keyed_id(number))
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
    fn keyed_has_ids(&self) -> bool {
        let keyed = self.keyed.as_ref().map(|keyed| keyed.as_slice());
        match (self.members.as_slice(), keyed) {
            ([], Some([only])) => only.channel.options.has_ids,
            _ => false,
        }
    }

    /// Reads the channels that are not keyed. Otherwise returns `true` if one of them is open.
    fn read_windows(&mut self, published: u64) -> Result<ReaderItem, bool> {
        loop {
            let (next, is_open) = match self.find_next() {
                Ok(found) => found,
                Err(item) => return Ok(item),
            };
            let next = next.filter(|next| next.number <= published);
            if self.take_addition(next.as_ref(), published) {
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
    fn take_addition(&mut self, next: Option<&Next>, published: u64) -> bool {
        let keyed = self.keyed.as_ref().filter(|_| self.keyed_has_ids());
        if keyed.is_some_and(|keyed| !keyed.has_read(published)) {
            return false;
        }
        let changes = self.changes.as_mut();
        let number = next.map(|next| next.number);
        let Some(addition) = changes.and_then(|changes| changes.take_addition(number)) else {
            return false;
        };
        self.position = self.position.max(addition);
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
            Some(channel) if is_open || self.has_open_keyed() => match self.drop_closed(&channel) {
                Some(notice) => Err(notice),
                None => self.find_next(),
            },
            _ => Ok((next, is_open)),
        }
    }

    fn has_open_keyed(&self) -> bool {
        let keyed = self
            .keyed
            .as_ref()
            .map_or(&[][..], |keyed| keyed.as_slice());
        keyed.iter().any(|rounds| !rounds.is_finished())
    }

    /// Removes a channel that is closed while others are open. A channel of its name that is made anew is
    /// not in the set of this subscription, and the client has to know, unless it was added since.
    fn drop_closed(&mut self, channel: &Arc<ChannelShared>) -> Option<ReaderItem> {
        self.take_channel(|one| Arc::ptr_eq(one, channel));
        let is_added_anew = self.channels().any(|other| other.name == channel.name);
        let name = Arc::clone(&channel.name);
        (!is_added_anew).then_some(ReaderItem::Change(ChangeNotice::Removed(name)))
    }

    /// Returns `true` if there is no channel, but one may be added.
    fn can_grow(&self) -> bool {
        let is_named = self.changes.as_ref().is_some_and(|one| one.is_named());
        is_named && self.channels().next().is_none() && !self.hub.is_closed()
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
        if !has_ids || next.number <= self.position {
            return Some(without_id(taken.event));
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

    /// Moves past what the channels have evicted, and returns the gaps of those that have any.
    pub(super) fn skip_gaps(&mut self) -> Gaps {
        let last_id = self.last_id();
        let members = self.members.as_mut_slice().iter_mut();
        let evicted =
            members.filter_map(|member| (member.has_ids() && member.has_gap()).then_some(member));
        let gaps: Gaps = evicted
            .map(|member| {
                self.hub.expire(&member.channel);
                let gap = member
                    .channel
                    .gap(last_id.clone(), true, self.hub.position());
                member.skip_gap(&gap);
                (Arc::clone(&member.channel), gap)
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
        let member = self.member(channel);
        member
            .into_iter()
            .for_each(|one| one.skip_through(published));
        self.settle();
    }

    /// Moves as far as nothing is left out, so that the id of the position is one with which the client
    /// does not have the same gap again. Returns `true` if an event can be read.
    pub(super) fn settle(&mut self) -> bool {
        // Before the logs: see `hub::shared`.
        let published = self.hub.published();
        if let Some(keyed) = self.keyed.as_ref().filter(|_| self.keyed_has_ids()) {
            return !keyed.has_read(published);
        }
        let mut next = published + 1;
        let members = self.members.as_mut_slice().iter_mut();
        for member in members.filter(|member| member.has_ids()) {
            next = match member.peek() {
                Peek::At(number) => next.min(number),
                // More was evicted since, and is reported as a lag.
                Peek::Evicted => next.min(member.seen() + 1),
                Peek::Empty | Peek::Closed => next,
            };
        }
        self.position = self.position.max(next - 1);
        next <= published
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

    fn leave_channels(&self, channels: impl Iterator<Item = (Arc<ChannelShared>, u64)>) {
        let name = self.changes.as_ref().and_then(|changes| changes.name());
        self.hub.leave(channels, name);
    }
}

/// Makes an event that is sent without the id which it may have.
fn without_id(event: EncodedEvent) -> ChannelEvent {
    ChannelEvent::from_encoded(Unnumbered::new(event).into_event())
}
