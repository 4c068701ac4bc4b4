//! The newest events of a channel, in the order of their numbers.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::EncodedEvent;

/// The capacity that a window keeps, however few events it holds.
const MIN_CAPACITY: usize = 32;

/// The newest events of a channel.
///
/// All channels of a hub share one sequence of numbers, so those of one channel have holes. Its own
/// events are also counted by an *index* without holes: a position in the window is an index, and the
/// difference of two is how many events are between them.
#[derive(Debug)]
pub(super) struct Window {
    events: VecDeque<WindowEntry>,
    /// The length of all of them.
    bytes: usize,
    /// The index of the oldest event, or of the next one if none is held.
    first_index: u64,
    made_at: Instant,
}

#[derive(Debug)]
pub(super) struct WindowEntry {
    pub(super) number: u64,
    pub(super) event: EncodedEvent,
    /// The time since the window was made, in nanoseconds. (An `Instant` takes twice the memory.)
    at: u64,
}

/// An event in a window.
pub(super) struct WindowEvent {
    pub(super) event: EncodedEvent,
    /// The number of the event after it, if that is published.
    pub(super) following: Option<u64>,
}

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            first_index: 0,
            made_at: now,
        }
    }

    /// Returns the number of the oldest event.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.events.front().map(|entry| entry.number)
    }

    pub(super) fn first_index(&self) -> u64 {
        self.first_index
    }

    /// Returns the index of the newest event, or of the next one if none is held.
    pub(super) fn newest_index(&self) -> u64 {
        self.first_index + self.events.len().saturating_sub(1) as u64
    }

    /// Returns the index of the first event with a higher number than this.
    pub(super) fn index_after(&self, number: u64) -> u64 {
        let older = self.events.partition_point(|entry| entry.number <= number);
        self.first_index + older as u64
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns the length of all events in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of the event with this index.
    pub(super) fn number_at(&self, index: u64) -> Option<u64> {
        Some(self.entry(index)?.number)
    }

    /// Returns the events with a number above the first and up to the second, with their numbers.
    pub(super) fn between(
        &self,
        after: u64,
        upto: u64,
    ) -> impl Iterator<Item = (u64, EncodedEvent)> {
        let start = self.events.partition_point(|entry| entry.number <= after);
        let events = self.events.range(start..);
        let events = events.take_while(move |entry| entry.number <= upto);
        events.map(|entry| (entry.number, entry.event.clone()))
    }

    pub(super) fn read(&self, index: u64) -> Option<WindowEvent> {
        let entry = self.entry(index)?;
        Some(WindowEvent {
            event: entry.event.clone(),
            following: self.number_at(index + 1),
        })
    }

    /// Returns the event with this index.
    pub(super) fn entry(&self, index: u64) -> Option<&WindowEntry> {
        let at = index.checked_sub(self.first_index)?;
        self.events.get(usize::try_from(at).ok()?)
    }

    /// Appends an event whose number is higher than all before.
    pub(super) fn push(&mut self, number: u64, event: EncodedEvent, now: Instant) {
        let at = self.age(now);
        self.bytes += event.as_bytes().len();
        self.events.push_back(WindowEntry { number, event, at });
    }

    /// Evicts the oldest event. Returns its number.
    pub(super) fn pop(&mut self) -> Option<u64> {
        let entry = self.events.pop_front()?;
        self.bytes -= entry.event.as_bytes().len();
        self.first_index += 1;
        Some(entry.number)
    }

    /// Counts an event that was never held.
    pub(super) fn skip(&mut self) {
        self.first_index += 1;
    }

    /// Returns `true` if the oldest event is older than this.
    pub(super) fn has_expired(&self, now: Instant, max_age: Duration) -> bool {
        // Saturating, because callers read the clock before they lock the log: another thread may have
        // appended a younger event since.
        let (oldest, age) = (self.events.front(), self.age(now));
        let age = oldest.map(|entry| Duration::from_nanos(age.saturating_sub(entry.at)));
        age.is_some_and(|age| age > max_age)
    }

    /// Returns the time since the window was made, in nanoseconds.
    fn age(&self, now: Instant) -> u64 {
        let age = now.saturating_duration_since(self.made_at);
        age.as_nanos().try_into().unwrap_or(u64::MAX)
    }

    /// Releases memory after a peak. The rest can hold twice as many events as there are, so that moving
    /// them is rare.
    pub(super) fn shrink(&mut self) {
        let (len, capacity) = (self.events.len(), self.events.capacity());
        if capacity > MIN_CAPACITY && len < capacity / 4 {
            self.events.shrink_to(MIN_CAPACITY.max(2 * len));
        }
    }
}
