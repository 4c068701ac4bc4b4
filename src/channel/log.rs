//! The events that a channel retains.

use std::{
    collections::VecDeque,
    mem,
    time::{Duration, Instant},
};

use super::{PublishError, change::ChannelChange};
use crate::EncodedEvent;

/// The capacity that a log keeps, however few events it holds.
const MIN_CAPACITY: usize = 32;

/// The bounds of a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogBounds {
    pub(super) max_events: usize,
    pub(super) max_bytes: usize,
    pub(super) max_age: Option<Duration>,
}

/// The newest events of a channel, in the order of their numbers.
#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<LogEntry>,
    /// The length of all of them.
    bytes: usize,
    /// The number of the oldest event, or of the next one if none is held.
    first_number: u64,
    closed: bool,
    /// Whether the next event is being stored. It is appended though the log is closed meanwhile,
    /// because then the store has it.
    storing: bool,
}

#[derive(Debug)]
struct LogEntry {
    event: EncodedEvent,
    at: Instant,
}

/// The result of reading a log at a number.
pub(super) enum LogRead {
    Event(EncodedEvent),
    /// The event was evicted. The oldest that is held, or will be, has this number.
    Evicted(u64),
    /// The event has not been published yet.
    NotYet,
    /// The event will never be published.
    Closed,
}

impl Log {
    /// Makes a log whose first event will have this number.
    pub(super) fn new(first: u64) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            first_number: first,
            closed: false,
            storing: false,
        }
    }

    pub(super) fn first_number(&self) -> u64 {
        self.first_number
    }

    /// Returns the number of the next event.
    pub(super) fn next_number(&self) -> u64 {
        self.first_number + self.events.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn read(&self, number: u64) -> LogRead {
        let Some(index) = number.checked_sub(self.first_number) else {
            return LogRead::Evicted(self.first_number);
        };
        // A number that does not fit into a `usize` is far from being published.
        let entry = usize::try_from(index).ok().and_then(|i| self.events.get(i));
        match entry {
            Some(entry) => LogRead::Event(entry.event.clone()),
            None if self.is_finished() => LogRead::Closed,
            None => LogRead::NotYet,
        }
    }

    /// Appends events, and evicts those that are too old or exceed the bounds.
    pub(super) fn append(&mut self, events: Vec<EncodedEvent>, now: Instant, bounds: &LogBounds) {
        self.expire(now, bounds);
        for event in events {
            self.push(event, now, bounds);
        }
        self.shrink();
    }

    fn push(&mut self, event: EncodedEvent, at: Instant, bounds: &LogBounds) {
        let len = event.as_bytes().len();
        // Before the new event is pushed, or the memory of a full log would grow.
        while self.events.len() >= bounds.max_events || self.bytes + len > bounds.max_bytes {
            if !self.evict_oldest() {
                break;
            }
        }
        self.bytes += len;
        self.events.push_back(LogEntry { event, at });
    }

    /// Evicts the events that are too old.
    pub(super) fn expire(&mut self, now: Instant, bounds: &LogBounds) {
        while self.has_expired(now, bounds) {
            self.evict_oldest();
        }
        self.shrink();
    }

    /// Returns `true` if the oldest event is too old.
    pub(super) fn has_expired(&self, now: Instant, bounds: &LogBounds) -> bool {
        // Saturating, because callers read the clock before they lock the log: another thread may have
        // appended a younger event since.
        let age = |entry: &LogEntry| now.saturating_duration_since(entry.at);
        let (oldest, max) = (self.events.front().map(age), bounds.max_age);
        oldest.zip(max).is_some_and(|(age, max)| age > max)
    }

    /// Evicts all events, and skips the next number, so that every subscriber has missed an event.
    pub(super) fn clear_and_skip(&mut self) {
        while self.evict_oldest() {}
        self.first_number += 1;
        self.shrink();
    }

    /// Returns the number of the next event, if there may be one.
    pub(super) fn next_if_open(&self) -> Result<u64, PublishError> {
        match self.closed {
            true => Err(PublishError::Closed),
            false => Ok(self.next_number()),
        }
    }

    /// Marks the next event as being stored, until [`end_storing`](Self::end_storing), and returns its
    /// number.
    pub(super) fn begin_storing(&mut self) -> Result<u64, PublishError> {
        let number = self.next_if_open()?;
        self.storing = true;
        Ok(number)
    }

    /// Ends what [`begin_storing`](Self::begin_storing) began. Returns `true` if the log was closed
    /// meanwhile.
    pub(super) fn end_storing(&mut self) -> bool {
        self.storing = false;
        self.closed
    }

    /// Returns `true` if no new event may be published.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns `true` if no event will be published any more.
    pub(super) fn is_finished(&self) -> bool {
        self.closed && !self.storing
    }

    /// Closes the log. Returns what that changes, if it was open.
    pub(super) fn close(&mut self) -> Option<ChannelChange> {
        let was_closed = mem::replace(&mut self.closed, true);
        let change = match self.storing {
            true => ChannelChange::Closing,
            false => ChannelChange::Closed,
        };
        (!was_closed).then_some(change)
    }

    fn evict_oldest(&mut self) -> bool {
        let Some(entry) = self.events.pop_front() else {
            return false;
        };
        self.bytes -= entry.event.as_bytes().len();
        self.first_number += 1;
        true
    }

    /// Releases memory after a peak. The rest can hold twice as many events as there are, so that moving
    /// them is rare.
    fn shrink(&mut self) {
        let (len, capacity) = (self.events.len(), self.events.capacity());
        if capacity > MIN_CAPACITY && len < capacity / 4 {
            self.events.shrink_to(MIN_CAPACITY.max(2 * len));
        }
    }
}
