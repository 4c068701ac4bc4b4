//! The next event of a channel of a subscription.

use super::member::{Head, Member, Phase};
use crate::{
    EncodedEvent,
    channel::{
        log::Log,
        shared::Tip,
        window::{Window, WindowEvent},
    },
};

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
    /// Reads the next event up to this number, for a subscription of this channel alone: there is no other
    /// event to compare it with, so the log is locked once.
    pub(super) fn read(&mut self, published: u64) -> MemberItem {
        match self.head {
            Head::Empty(tip) if tip == self.channel.tip() => return MemberItem::nothing(tip),
            _ => self.head = Head::Unknown,
        }
        let log = self.channel.log();
        let mut seen = self.seen();
        if log.evicted() > seen {
            (self.seen, self.next_index, self.replay) = self.after_evicted_history(&log);
            seen = self.seen();
        }
        if log.evicted() > seen {
            return MemberItem::Evicted;
        }
        let window = log.as_window();
        let entry = window.and_then(|one| one.entry(self.next_index));
        let entry = entry.filter(|entry| entry.number > seen).or_else(|| {
            self.next_index = next_index(window, self.next_index, seen);
            window.and_then(|one| one.entry(self.next_index))
        });
        let tip = Tip::of(&log);
        let Some(entry) = entry else {
            self.head = Head::Empty(tip);
            return MemberItem::nothing(tip);
        };
        if entry.number > published {
            return MemberItem::Empty;
        }
        self.next_index += 1;
        self.seen = entry.number;
        self.phase = Phase::Reading;
        if tip.last() == entry.number {
            self.head = Head::Empty(tip);
        }
        MemberItem::Event(entry.number, entry.event.clone())
    }

    /// Looks for the next event.
    pub(super) fn peek(&mut self) -> Peek {
        match self.head {
            Head::At(number) => return Peek::At(number),
            Head::Empty(tip) if tip == self.channel.tip() => return empty(tip),
            Head::Empty(_) | Head::Unknown => {}
        }
        let (moved, is_held, number, tip) = self.channel.read(|log, tip| {
            let (seen, next, replay) = self.after_evicted_history(log);
            let window = log.as_window();
            let after = if self.phase == Phase::Replaying {
                0
            } else {
                seen
            };
            let is_held = log.evicted() <= after;
            // Otherwise it counts what is missed.
            let next = match is_held {
                true => next_index(window, next, after),
                false => next,
            };
            let number = window.and_then(|window| window.number_at(next));
            ((seen, next, replay), is_held, number, tip)
        });
        (self.seen, self.next_index, self.replay) = moved;
        if !is_held {
            return Peek::Evicted;
        }
        self.head = number.map_or(Head::Empty(tip), Head::At);
        number.map_or(empty(tip), Peek::At)
    }

    /// Takes the next event, unless it has been evicted since it was found.
    pub(super) fn take(&mut self, number: u64) -> Option<WindowEvent> {
        let (seen, next) = (self.seen(), self.next_index);
        let (event, tip) = self.channel.read(|log, tip| {
            let is_held = log.evicted() <= seen;
            let window = log.as_window().filter(|_| is_held);
            (window.and_then(|window| window.read(next)), tip)
        });
        self.head = match &event {
            Some(event) => {
                self.next_index += 1;
                self.seen = number;
                self.phase = Phase::Reading;
                event.following.map_or(Head::Empty(tip), Head::At)
            }
            None => Head::Unknown,
        };
        event
    }

    /// Leaves out an event that came by another channel of the subscription.
    pub(super) fn pass(&mut self, number: u64) {
        if self.head != Head::At(number) {
            return;
        }
        self.head = Head::Unknown;
        // Evicted history is not missed, so what follows in it is not read after this one.
        if self.skip_evicted_history() {
            return;
        }
        (self.seen, self.phase) = (number, Phase::Reading);
        // At once: when the log has evicted the event, its index cannot be told from a later one.
        self.next_index += 1;
    }

    /// Moves past what was evicted of a history that has not been read. Returns `true` if there was any.
    fn skip_evicted_history(&mut self) -> bool {
        if self.phase != Phase::History {
            return false;
        }
        let before = self.next_index;
        let moved = self.after_evicted_history(&self.channel.log());
        (self.seen, self.next_index, self.replay) = moved;
        self.next_index > before
    }

    /// Returns `seen`, the next index and the rest of the history, past what was evicted of a history that has not
    /// been read.
    fn after_evicted_history(&self, log: &Log) -> (u64, u64, u32) {
        let unmoved = (self.seen, self.next_index, self.replay);
        if self.phase != Phase::History {
            return unmoved;
        }
        let first = log.as_window().map_or(0, Window::first_index);
        let history_end = self.next_index + u64::from(self.replay);
        let next = first.min(history_end);
        let Some(skipped) = next
            .checked_sub(self.next_index)
            .filter(|skipped| *skipped > 0)
        else {
            return unmoved;
        };
        // Otherwise more than the history was evicted.
        let seen = if next == first {
            self.seen.max(log.evicted())
        } else {
            self.seen
        };
        let skipped = u32::try_from(skipped).unwrap_or(u32::MAX);
        (seen, next, self.replay.saturating_sub(skipped))
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

/// Returns the index of the next event after a number. A client that is ahead of its hub does not get what the
/// hub reads up to there.
fn next_index(window: Option<&Window>, next: u64, after: u64) -> u64 {
    let Some(window) = window else {
        return next;
    };
    let is_due = match window.number_at(next) {
        Some(number) => number > after,
        // Otherwise the log has evicted it already.
        None => next >= window.first_index(),
    };
    if is_due {
        next
    } else {
        window.index_after(after)
    }
}

fn empty(tip: Tip) -> Peek {
    match tip.is_closed() {
        true => Peek::Closed,
        false => Peek::Empty,
    }
}
