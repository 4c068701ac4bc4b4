use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::EncodedEvent;

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
            None if self.closed => Read::Closed,
            None => Read::Coming,
        }
    }

    /// Appends an event, and evicts the events that exceed the bounds.
    pub(super) fn push(&mut self, event: EncodedEvent, at: Instant, bounds: &Bounds) {
        self.bytes += event.as_bytes().len();
        self.events.push_back(Entry { event, at });
        while self.events.len() > bounds.events || self.bytes > bounds.bytes {
            self.pop();
        }
    }

    /// Lets go of what is too old.
    pub(super) fn expire(&mut self, now: Instant, bounds: &Bounds) {
        while self.has_old(now, bounds) {
            self.pop();
        }
    }

    /// Returns `true` if the oldest event is too old.
    pub(super) fn has_old(&self, now: Instant, bounds: &Bounds) -> bool {
        let age = |entry: &Entry| now.saturating_duration_since(entry.at);
        let (oldest, most) = (self.events.front().map(age), bounds.age);
        oldest.zip(most).is_some_and(|(age, most)| age > most)
    }

    /// Lets go of all events, and of the next number.
    pub(super) fn skip(&mut self) {
        while !self.events.is_empty() {
            self.pop();
        }
        self.first += 1;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    fn pop(&mut self) {
        if let Some(entry) = self.events.pop_front() {
            self.bytes -= entry.event.as_bytes().len();
            self.first += 1;
        }
    }
}
