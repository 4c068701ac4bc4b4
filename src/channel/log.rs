//! The events that a channel retains.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::PublishError;
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
///
/// All channels of a hub share one sequence of numbers, so those of one channel have holes. Its own
/// events are also counted by an *index* without holes: a position in the log is an index, and the
/// difference of two is how many events are between them.
#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<LogEntry>,
    /// The length of all of them.
    bytes: usize,
    /// The index of the oldest event, or of the next one if none is held.
    first_index: u64,
    /// The highest number that was evicted, or that a reader of this channel may have missed.
    evicted: u64,
    /// The number of the last event, held or not.
    last: u64,
    closed: bool,
    /// Whether the next event is being stored. It is appended though the log is closed meanwhile,
    /// because then the store has it.
    storing: bool,
    made_at: Instant,
    pub(super) listing: Listing,
}

/// The place of a log among those of its hub, which evicts the lowest number of all when they have
/// too many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// It is not in the registry of a hub, which does not count its bytes.
    Absent,
    /// It is empty.
    Unlisted,
    /// It is listed by a number that is not above its oldest one.
    Listed(u64),
}

#[derive(Debug)]
struct LogEntry {
    number: u64,
    event: EncodedEvent,
    /// The time since the log was made, in nanoseconds. (An `Instant` takes twice the memory.)
    at: u64,
}

/// An event in a log.
pub(super) struct LogEvent {
    pub(super) event: EncodedEvent,
    /// The number of the event after it, if that is published.
    pub(super) following: Option<u64>,
}

impl Log {
    /// Makes a log without events, some of which may have been lost up to this number.
    pub(super) fn new(evicted: u64, now: Instant) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            first_index: 0,
            evicted,
            last: evicted,
            closed: false,
            storing: false,
            made_at: now,
            listing: Listing::Absent,
        }
    }

    /// Counts the events up to this number as lost, before there is any event.
    pub(super) fn begin_after(&mut self, lost: u64) {
        self.evicted = lost;
        self.last = lost;
    }

    /// Returns the highest number that was evicted. An event with a higher number is held.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Returns the number of the last event, held or not.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Returns the number of the oldest event.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.events.front().map(|entry| entry.number)
    }

    pub(super) fn first_index(&self) -> u64 {
        self.first_index
    }

    /// Returns the index of the next event to be published.
    pub(super) fn next_index(&self) -> u64 {
        self.first_index + self.events.len() as u64
    }

    /// Returns the index of the first event with a higher number than this.
    pub(super) fn index_after(&self, number: u64) -> u64 {
        let older = self.events.partition_point(|entry| entry.number <= number);
        self.first_index + older as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Returns the length of all events in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of the event with this index.
    pub(super) fn number_at(&self, index: u64) -> Option<u64> {
        Some(self.entry(index)?.number)
    }

    pub(super) fn read(&self, index: u64) -> Option<LogEvent> {
        let entry = self.entry(index)?;
        Some(LogEvent {
            event: entry.event.clone(),
            following: self.number_at(index + 1),
        })
    }

    fn entry(&self, index: u64) -> Option<&LogEntry> {
        let at = index.checked_sub(self.first_index)?;
        self.events.get(usize::try_from(at).ok()?)
    }

    /// Appends an event whose number is higher than all before, and evicts those that are too old or
    /// exceed the bounds.
    pub(super) fn append(
        &mut self,
        number: u64,
        event: EncodedEvent,
        now: Instant,
        bounds: &LogBounds,
    ) {
        let at = self.age(now);
        let len = event.as_bytes().len();
        // Before the new event is pushed, or the memory of a full log would grow.
        while self.events.len() >= bounds.max_events || self.bytes + len > bounds.max_bytes {
            if !self.evict_oldest() {
                break;
            }
        }
        self.bytes += len;
        self.last = number;
        self.events.push_back(LogEntry { number, event, at });
    }

    /// Evicts the events that are too old, and releases memory after a peak.
    pub(super) fn tidy(&mut self, now: Instant, bounds: &LogBounds) {
        while self.has_expired(now, bounds) {
            self.evict_oldest();
        }
        self.shrink();
    }

    /// Returns `true` if the oldest event is too old.
    pub(super) fn has_expired(&self, now: Instant, bounds: &LogBounds) -> bool {
        // Saturating, because callers read the clock before they lock the log: another thread may have
        // appended a younger event since.
        let (oldest, age) = (self.events.front(), self.age(now));
        let age = oldest.map(|entry| Duration::from_nanos(age.saturating_sub(entry.at)));
        age.zip(bounds.max_age).is_some_and(|(age, max)| age > max)
    }

    /// Returns the time since the log was made, in nanoseconds.
    fn age(&self, now: Instant) -> u64 {
        let age = now.saturating_duration_since(self.made_at);
        age.as_nanos().try_into().unwrap_or(u64::MAX)
    }

    /// Evicts all events, and this number, which no event gets: every subscriber has missed one.
    pub(super) fn clear_and_skip(&mut self, number: u64) {
        while self.evict_oldest() {}
        self.evicted = number;
        self.last = number;
        self.first_index += 1;
        self.shrink();
    }

    /// Fails if no new event may be published.
    pub(super) fn check_open(&self) -> Result<(), PublishError> {
        match self.closed {
            true => Err(PublishError::Closed),
            false => Ok(()),
        }
    }

    /// Marks the next event as being stored, until [`end_storing`](Self::end_storing).
    pub(super) fn begin_storing(&mut self) -> Result<(), PublishError> {
        self.check_open()?;
        self.storing = true;
        Ok(())
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

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Evicts the oldest event. Returns `false` if there is none.
    pub(super) fn evict_oldest(&mut self) -> bool {
        let Some(entry) = self.events.pop_front() else {
            return false;
        };
        self.bytes -= entry.event.as_bytes().len();
        self.evicted = entry.number;
        self.first_index += 1;
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
