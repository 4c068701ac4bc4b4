//! The position of a subscription in one of its channels.

use std::sync::Arc;

use crate::channel::{
    Gap,
    shared::{ChannelShared, Tip},
    window::Window,
};

/// A channel of a subscription.
pub(super) struct Member {
    pub(super) channel: Arc<ChannelShared>,
    /// The key of the subscription among the channel's subscribers.
    pub(super) key: u64,
    /// The number up to which no event is due any more: it was read, it precedes the start, or it was
    /// reported as missed. While it replays: the number up to which it does.
    pub(super) seen: u64,
    /// The index of the next event.
    pub(super) next_index: u64,
    pub(super) head: Head,
    pub(super) phase: Phase,
    /// Of a replay from a store, the number of losses before it: it begins with what is left. Of one from the log,
    /// the number of events of the history that are still to come.
    pub(super) replay: u32,
}

/// The progress of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It begins with the oldest event that the store has.
    Replaying,
    /// It begins with what is retained when the first event is read, so what is evicted before is not missed.
    History,
    /// It begins after a number.
    Resuming,
    /// It has begun.
    Reading,
}

/// The next event of a channel, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    Unknown,
    At(u64),
    /// There is none as long as the log has this end.
    Empty(Tip),
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
            phase: Phase::Resuming,
            replay: 0,
        }
    }

    /// Makes it begin with the oldest event of the hub's store. What is gone up to a number is not missed, nor is
    /// what the store has lost so far.
    pub(super) fn replaying(mut self, upto: u64, losses: u32) -> Self {
        self.phase = Phase::Replaying;
        (self.seen, self.next_index, self.replay) = (upto, index_after(&self.channel, 0), losses);
        self
    }

    /// Returns the number up to which no event is due any more, if the store has lost events up to a position, so
    /// many times. A replay has what is left of the events before it, also after a loss that was noticed later.
    pub(super) fn seen_or_lost(&self, lost: u64, losses: u32) -> u64 {
        match losses == self.replay || self.is_replaying(lost) {
            true => self.seen(),
            false => self.seen().max(lost),
        }
    }

    /// Makes the events up to this number a history.
    pub(super) fn with_history(mut self, upto: u64) -> Self {
        let events = index_after(&self.channel, upto).saturating_sub(self.next_index);
        self.phase = Phase::History;
        self.replay = events.try_into().unwrap_or(u32::MAX);
        self
    }

    /// Returns `true` if nothing has been read, and events up to a number are due only if they are left.
    pub(super) fn is_replaying(&self, upto: u64) -> bool {
        self.phase == Phase::Replaying && upto <= self.seen
    }

    /// Returns `true` if something has been read.
    pub(super) fn has_begun(&self) -> bool {
        self.phase == Phase::Reading
    }

    /// Notes that something has been read.
    pub(super) fn begin(&mut self) {
        self.phase = Phase::Reading;
    }

    /// Notes that an event was read from elsewhere.
    pub(super) fn note(&mut self, number: u64) {
        self.skip_through(number);
        self.phase = Phase::Reading;
    }

    /// Returns the number up to which events were evicted, if the next one was.
    pub(super) fn evicted(&self) -> Option<u64> {
        let evicted = self.channel.log().evicted();
        (evicted > self.seen()).then_some(evicted)
    }

    /// Returns the number up to which no event is due any more.
    pub(super) fn seen(&self) -> u64 {
        match self.phase {
            Phase::Replaying => 0,
            Phase::History | Phase::Resuming | Phase::Reading => self.seen,
        }
    }

    /// Returns the number of the next event, if it is retained.
    pub(super) fn next_number(&self) -> Option<u64> {
        let log = self.channel.log();
        let next = self.next_index;
        log.as_window().and_then(|window| window.number_at(next))
    }

    /// Returns the number of the first event after a number that is retained.
    pub(super) fn number_after(&self, number: u64) -> Option<u64> {
        let log = self.channel.log();
        let window = log.as_window()?;
        window.number_at(window.index_after(number))
    }

    /// Returns `true` if the position of the subscription counts the events of this channel.
    pub(super) fn has_ids(&self) -> bool {
        self.channel.options.has_ids
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
        self.skip_seen(before);
        self.head = Head::Unknown;
        missed
    }

    /// Returns `true` if the next event was evicted.
    pub(super) fn has_gap(&self) -> bool {
        self.evicted().is_some()
    }

    /// Moves to the events after a gap.
    pub(super) fn skip_gap(&mut self, gap: &Gap) {
        self.skip_seen(gap.lost);
        self.next_index = gap.next_index;
        self.head = Head::Unknown;
    }

    /// Moves to the events after a number, if that is further on.
    pub(super) fn skip_through(&mut self, number: u64) {
        self.skip_seen(number);
        self.next_index = index_after(&self.channel, self.seen);
        self.head = Head::Unknown;
    }

    fn skip_seen(&mut self, number: u64) {
        self.seen = self.seen().max(number);
        if self.phase == Phase::Replaying {
            self.phase = Phase::Resuming;
        }
    }
}

fn index_after(channel: &ChannelShared, number: u64) -> u64 {
    let log = channel.log();
    log.as_window()
        .map_or(0, |window| window.index_after(number))
}
