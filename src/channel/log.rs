use std::{
    collections::VecDeque,
    mem,
    time::{Duration, Instant},
};

use super::{PublishError, watch::Change};
use crate::EncodedEvent;

/// The capacity that a log keeps, however few events it holds.
const KEPT: usize = 32;

/// How much a log holds at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) events: usize,
    pub(super) bytes: usize,
    pub(super) age: Option<Duration>,
}

/// The newest events of a channel, in the order of their numbers.
#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<Entry>,
    /// How long all of them are.
    bytes: usize,
    /// The number of the oldest; of the next event where none is held.
    first: u64,
    closed: bool,
    /// Whether the next event is being stored. It is appended though the log is closed meanwhile,
    /// because then the store has it.
    storing: bool,
}

#[derive(Debug)]
struct Entry {
    event: EncodedEvent,
    at: Instant,
}

/// What a log has at a number.
pub(super) enum Read {
    Event(EncodedEvent),
    /// It is not held any more. The oldest that is, or will be, has this number.
    Gone(u64),
    /// It is yet to come.
    Coming,
    /// It will never come.
    Closed,
}

impl Log {
    /// Makes a log whose first event will have this number.
    pub(super) fn new(first: u64) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            first,
            closed: false,
            storing: false,
        }
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Returns the number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn read(&self, number: u64) -> Read {
        let Some(index) = number.checked_sub(self.first) else {
            return Read::Gone(self.first);
        };
        let entry = usize::try_from(index).ok().and_then(|i| self.events.get(i));
        match entry {
            Some(entry) => Read::Event(entry.event.clone()),
            None if self.is_over() => Read::Closed,
            None => Read::Coming,
        }
    }

    /// Appends events, and evicts those that are too old or exceed the bounds.
    pub(super) fn append(&mut self, events: Vec<EncodedEvent>, now: Instant, bounds: &Bounds) {
        self.expire(now, bounds);
        for event in events {
            self.push(event, now, bounds);
        }
        self.shrink();
    }

    fn push(&mut self, event: EncodedEvent, at: Instant, bounds: &Bounds) {
        let len = event.as_bytes().len();
        // First, or a full log would grow.
        while self.events.len() >= bounds.events || self.bytes + len > bounds.bytes {
            if !self.pop() {
                break;
            }
        }
        self.bytes += len;
        self.events.push_back(Entry { event, at });
    }

    /// Evicts the events that are too old.
    pub(super) fn expire(&mut self, now: Instant, bounds: &Bounds) {
        while self.has_old(now, bounds) {
            self.pop();
        }
        self.shrink();
    }

    /// Returns `true` if the oldest event is too old.
    pub(super) fn has_old(&self, now: Instant, bounds: &Bounds) -> bool {
        let age = |entry: &Entry| now.saturating_duration_since(entry.at);
        let (oldest, most) = (self.events.front().map(age), bounds.age);
        oldest.zip(most).is_some_and(|(age, most)| age > most)
    }

    /// Evicts all events, and skips the next number.
    pub(super) fn skip(&mut self) {
        while self.pop() {}
        self.first += 1;
        self.shrink();
    }

    /// Returns the number of the next event, if there may be one.
    pub(super) fn next_if_open(&self) -> Result<u64, PublishError> {
        match self.closed {
            true => Err(PublishError::Closed),
            false => Ok(self.next()),
        }
    }

    /// Returns the number of an event that is stored now, until [`end_storing`](Self::end_storing).
    pub(super) fn begin_storing(&mut self) -> Result<u64, PublishError> {
        let number = self.next_if_open()?;
        self.storing = true;
        Ok(number)
    }

    /// Returns `true` if the log has been closed meanwhile.
    pub(super) fn end_storing(&mut self) -> bool {
        self.storing = false;
        self.closed
    }

    /// Returns `true` if nothing new may be published.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns `true` if nothing more will be published.
    pub(super) fn is_over(&self) -> bool {
        self.closed && !self.storing
    }

    /// Closes the log. Returns what that changes, if it was open.
    pub(super) fn close(&mut self) -> Option<Change> {
        let was_closed = mem::replace(&mut self.closed, true);
        let change = match self.storing {
            true => Change::Closing,
            false => Change::Closed,
        };
        (!was_closed).then_some(change)
    }

    fn pop(&mut self) -> bool {
        let Some(entry) = self.events.pop_front() else {
            return false;
        };
        self.bytes -= entry.event.as_bytes().len();
        self.first += 1;
        true
    }

    /// Releases memory that more events took. What remains can hold twice as many as there are, so
    /// that moving them is rare.
    fn shrink(&mut self) {
        let (len, capacity) = (self.events.len(), self.events.capacity());
        if capacity > KEPT && len < capacity / 4 {
            self.events.shrink_to(KEPT.max(2 * len));
        }
    }
}
