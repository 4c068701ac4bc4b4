//! The position of a subscription in one of its channels.

use std::sync::Arc;

use crate::{
    EncodedEvent,
    channel::{
        Gap,
        log::Log,
        shared::{ChannelShared, Tip},
        window::{Window, WindowEvent},
    },
};

/// A channel of a subscription.
pub(super) struct Member {
    pub(super) channel: Arc<ChannelShared>,
    /// The key of the subscription among the channel's subscribers.
    pub(super) key: u64,
    /// The number up to which no event is due any more: it was read, it precedes the start, or it was
    /// reported as missed.
    seen: u64,
    /// The index of the next event.
    next_index: u64,
    head: Head,
    phase: Phase,
}

/// How far a member has come, in eight bytes: an index or one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Phase(u64);

impl Phase {
    /// It has begun.
    const READING: Self = Self(0);
    /// It begins after a number.
    const RESUMING: Self = Self(u64::MAX - 1);
    /// It begins with the oldest event that the store has.
    const REPLAYING: Self = Self(u64::MAX);

    /// It begins with what is retained when the first event is read, so what is evicted before is not missed.
    /// The history of that ends before this index.
    fn history(end: u64) -> Self {
        Self(end)
    }

    fn history_end(self) -> Option<u64> {
        (self.0 < Self::RESUMING.0).then_some(self.0)
    }
}

/// What is known of the next event of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Unknown,
    At(u64),
    /// There is none as long as the log has this end.
    Empty(Tip),
}

/// The result of reading a channel.
pub(super) enum MemberItem {
    /// An event and its number.
    Event(u64, EncodedEvent),
    /// It has not been published yet.
    Empty,
    /// It was evicted.
    Evicted,
    /// The channel is closed, and there is none.
    Closed,
}

/// The next event of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peek {
    /// It has this number.
    At(u64),
    /// It has not been published yet.
    Empty,
    /// It was evicted.
    Evicted,
    /// The channel is closed, and there is none.
    Closed,
}

impl Member {
    /// Makes a member that has this key among the channel's subscribers, and that begins after a number.
    pub(super) fn new(channel: Arc<ChannelShared>, key: u64, seen: u64) -> Self {
        let next_index = index_after(&channel, seen);
        Self {
            channel,
            key,
            seen,
            next_index,
            head: Head::Unknown,
            phase: Phase::RESUMING,
        }
    }

    /// Makes it begin with the oldest event that the store has.
    pub(super) fn replaying(mut self) -> Self {
        self.phase = Phase::REPLAYING;
        self
    }

    /// Returns `true` if nothing has been read, and the oldest event of the store is the next one.
    pub(super) fn is_replaying(&self) -> bool {
        self.phase == Phase::REPLAYING
    }

    /// Returns `true` if something has been read.
    pub(super) fn has_begun(&self) -> bool {
        self.phase == Phase::READING
    }

    /// Notes that something has been read.
    pub(super) fn begin(&mut self) {
        self.phase = Phase::READING;
    }

    /// Notes that an event was read from elsewhere.
    pub(super) fn note(&mut self, number: u64) {
        self.seen = number;
        self.head = Head::Unknown;
        self.phase = Phase::READING;
    }

    /// Returns the number up to which events were evicted, if the next one was.
    pub(super) fn evicted(&self) -> Option<u64> {
        let evicted = self.channel.log().evicted();
        (evicted > self.seen).then_some(evicted)
    }

    /// Has the events up to this number as a history.
    pub(super) fn with_history(mut self, upto: u64) -> Self {
        self.phase = Phase::history(index_after(&self.channel, upto));
        self
    }

    /// Returns the number up to which no event is due any more.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns the number of the next event, if it is retained.
    pub(super) fn next_number(&self) -> Option<u64> {
        let log = self.channel.log();
        let next = self.next_index;
        log.as_window().and_then(|window| window.number_at(next))
    }

    /// Returns `true` if the position of the subscription counts the events of this channel.
    pub(super) fn has_ids(&self) -> bool {
        self.channel.options.has_ids
    }

    /// Reads the next event up to this number, for a subscription of this channel alone: there is no other
    /// event to compare it with, so the log is locked once.
    pub(super) fn read(&mut self, published: u64) -> MemberItem {
        match self.head {
            Head::Empty(tip) if tip == self.channel.tip() => return MemberItem::nothing(tip),
            _ => self.head = Head::Unknown,
        }
        let log = self.channel.log();
        if log.evicted() > self.seen {
            (self.seen, self.next_index) = self.after_evicted_history(&log);
        }
        if log.evicted() > self.seen {
            return MemberItem::Evicted;
        }
        let entry = log.as_window().and_then(|one| one.entry(self.next_index));
        let Some(entry) = entry else {
            let tip = Tip::of(&log);
            self.head = Head::Empty(tip);
            return MemberItem::nothing(tip);
        };
        if entry.number > published {
            return MemberItem::Empty;
        }
        self.next_index += 1;
        self.seen = entry.number;
        self.phase = Phase::READING;
        MemberItem::Event(entry.number, entry.event.clone())
    }

    /// Looks for the next event.
    pub(super) fn peek(&mut self) -> Peek {
        match self.head {
            Head::At(number) => return Peek::At(number),
            Head::Empty(tip) if tip == self.channel.tip() => return empty(tip),
            Head::Empty(_) | Head::Unknown => {}
        }
        let ((seen, next), evicted, number, tip) = self.channel.read(|log, tip| {
            let (seen, next) = self.after_evicted_history(log);
            let number = log.as_window().and_then(|window| window.number_at(next));
            ((seen, next), log.evicted(), number, tip)
        });
        (self.seen, self.next_index) = (seen, next);
        if evicted > seen {
            return Peek::Evicted;
        }
        self.head = number.map_or(Head::Empty(tip), Head::At);
        number.map_or(empty(tip), Peek::At)
    }

    /// Takes the next event, unless it has been evicted since it was found.
    pub(super) fn take(&mut self, number: u64) -> Option<WindowEvent> {
        let (seen, next) = (self.seen, self.next_index);
        let (event, tip) = self.channel.read(|log, tip| {
            let is_held = log.evicted() <= seen;
            let window = log.as_window().filter(|_| is_held);
            (window.and_then(|window| window.read(next)), tip)
        });
        self.head = match &event {
            Some(event) => {
                self.next_index += 1;
                self.seen = number;
                self.phase = Phase::READING;
                event.following.map_or(Head::Empty(tip), Head::At)
            }
            None => Head::Unknown,
        };
        event
    }

    /// Leaves out an event that came by another channel of the subscription.
    pub(super) fn pass(&mut self, number: u64) {
        if self.head == Head::At(number) {
            self.seen = number;
            // At once: when the log has evicted the event, its index cannot be told from a later one.
            self.next_index += 1;
            self.phase = Phase::READING;
            self.head = Head::Unknown;
        }
    }

    /// Returns `seen` and the next index, past what was evicted of a history that has not been read.
    fn after_evicted_history(&self, log: &Log) -> (u64, u64) {
        let Some(history_end) = self.phase.history_end() else {
            return (self.seen, self.next_index);
        };
        let first = log.as_window().map_or(0, Window::first_index);
        match first.min(history_end) {
            first_kept if first_kept <= self.next_index => (self.seen, self.next_index),
            // Only history was evicted.
            first_kept if first_kept == first => (self.seen.max(log.evicted()), first),
            end => (self.seen, end),
        }
    }

    /// Moves to the oldest event that is held, or will be. Returns how many are missed.
    pub(super) fn skip_evicted(&mut self) -> u64 {
        let (first, evicted) = {
            let log = self.channel.log();
            (log.as_window().map(Window::first_index), log.evicted())
        };
        self.skip_to(first, evicted)
    }

    /// Moves to the newest event that is held, or to the next one. Returns how many are missed.
    pub(super) fn skip_to_newest(&mut self) -> u64 {
        let (newest, before) = {
            let log = self.channel.log();
            let before = match log.is_empty() {
                true => log.evicted(),
                false => log.evicted().max(log.last() - 1),
            };
            (log.as_window().map(Window::newest_index), before)
        };
        self.skip_to(newest, before)
    }

    fn skip_to(&mut self, index: Option<u64>, before: u64) -> u64 {
        let index = index.unwrap_or(self.next_index);
        let missed = index.saturating_sub(self.next_index);
        self.next_index = index;
        self.seen = self.seen.max(before);
        self.head = Head::Unknown;
        missed
    }

    /// Moves to the events after a gap.
    pub(super) fn skip_gap(&mut self, gap: &Gap) {
        self.seen = self.seen.max(gap.lost);
        self.next_index = gap.next_index;
        self.head = Head::Unknown;
    }

    /// Moves to the events after a number, if that is further on.
    pub(super) fn skip_through(&mut self, number: u64) {
        self.seen = self.seen.max(number);
        self.next_index = index_after(&self.channel, self.seen);
        self.head = Head::Unknown;
    }
}

impl MemberItem {
    fn nothing(tip: Tip) -> Self {
        match tip.is_closed() {
            true => Self::Closed,
            false => Self::Empty,
        }
    }
}

fn index_after(channel: &ChannelShared, number: u64) -> u64 {
    let log = channel.log();
    log.as_window()
        .map_or(0, |window| window.index_after(number))
}

fn empty(tip: Tip) -> Peek {
    match tip.is_closed() {
        true => Peek::Closed,
        false => Peek::Empty,
    }
}
