//! The events that a channel retains.

use std::time::{Duration, Instant};

use super::{PublishError, keyed_log::KeyedLog, window::Window};
use crate::EncodedEvent;

/// The bounds of a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogBounds {
    pub(super) max_events: usize,
    pub(super) max_bytes: usize,
    pub(super) max_age: Option<Duration>,
}

/// The events of a channel, and up to where it has lost any.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) events: LogEvents,
    /// The highest number that was evicted, or that a reader of this channel may have missed. An event
    /// with a higher number is held.
    pub(super) evicted: u64,
    /// The number of the last event, held or not.
    pub(super) last: u64,
    closed: bool,
    pub(super) listing: Listing,
}

/// The events of a log.
#[derive(Debug)]
pub(super) enum LogEvents {
    Window(Window),
    Keyed(Box<KeyedLog>),
}

/// The place of a log among those of its hub, which evicts the lowest number of all when they have
/// too many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// It is not in the registry of a hub, which does not count its bytes.
    Absent,
    /// It has nothing to evict.
    Unlisted,
    /// It is listed by a number that is not above the oldest one that it can evict.
    Listed(u64),
}

impl Log {
    pub(super) fn window(now: Instant) -> Self {
        Self::new(LogEvents::Window(Window::new(now)))
    }

    pub(super) fn keyed(max_keys: usize) -> Self {
        Self::new(LogEvents::Keyed(Box::new(KeyedLog::new(max_keys))))
    }

    fn new(events: LogEvents) -> Self {
        Self {
            events,
            evicted: 0,
            last: 0,
            closed: false,
            listing: Listing::Absent,
        }
    }

    /// Counts the events up to this number as lost, before there is any event.
    pub(super) fn begin_after(&mut self, lost: u64) {
        (self.evicted, self.last) = (lost, lost);
    }

    pub(super) fn as_window(&self) -> Option<&Window> {
        match &self.events {
            LogEvents::Window(window) => Some(window),
            LogEvents::Keyed(_) => None,
        }
    }

    pub(super) fn as_keyed(&self) -> Option<&KeyedLog> {
        match &self.events {
            LogEvents::Window(_) => None,
            LogEvents::Keyed(keyed) => Some(keyed),
        }
    }

    /// Returns the highest number that was evicted.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Returns the number of the last event, held or not.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Returns the lowest number that the log can evict.
    pub(super) fn oldest(&self) -> Option<u64> {
        match &self.events {
            LogEvents::Window(window) => window.oldest(),
            LogEvents::Keyed(keyed) => keyed.oldest_removal(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.events {
            LogEvents::Window(window) => window.len() == 0,
            LogEvents::Keyed(keyed) => keyed.len() == 0,
        }
    }

    /// Returns the length of all that is held in bytes.
    pub(super) fn bytes(&self) -> usize {
        match &self.events {
            LogEvents::Window(window) => window.bytes(),
            LogEvents::Keyed(keyed) => keyed.bytes(),
        }
    }

    /// Returns the length in bytes of what cannot be evicted.
    pub(super) fn pinned_bytes(&self) -> usize {
        self.as_keyed().map_or(0, KeyedLog::live_bytes)
    }

    /// Appends an event to a window, whose number is higher than all before, and evicts those that exceed
    /// the bounds.
    pub(super) fn append(
        &mut self,
        number: u64,
        event: EncodedEvent,
        now: Instant,
        bounds: &LogBounds,
    ) {
        let len = event.as_bytes().len();
        // Before the new event is pushed, or the memory of a full log would grow.
        while self.is_full(len, bounds) && self.evict_oldest() {}
        if let LogEvents::Window(window) = &mut self.events {
            self.last = number;
            window.push(number, event, now);
        }
    }

    /// Returns `true` if a window has no room for an event of this length.
    fn is_full(&self, len: usize, bounds: &LogBounds) -> bool {
        self.as_window().is_some_and(|window| {
            window.len() >= bounds.max_events || window.bytes() + len > bounds.max_bytes
        })
    }

    /// Evicts the events that are too old, and releases memory after a peak.
    pub(super) fn tidy(&mut self, now: Instant, bounds: &LogBounds) {
        while self.has_expired(now, bounds) {
            self.evict_oldest();
        }
        if let LogEvents::Window(window) = &mut self.events {
            window.shrink();
        }
    }

    /// Returns `true` if the oldest event of a window is too old.
    pub(super) fn has_expired(&self, now: Instant, bounds: &LogBounds) -> bool {
        let (window, max_age) = (self.as_window(), bounds.max_age);
        let window_and_age = window.zip(max_age);
        window_and_age.is_some_and(|(window, max_age)| window.has_expired(now, max_age))
    }

    /// Evicts all events, and this number, which no event gets: every subscriber has missed one.
    pub(super) fn clear_and_skip(&mut self, number: u64) {
        while self.evict_oldest() {}
        match &mut self.events {
            LogEvents::Window(window) => {
                window.skip();
                window.shrink();
            }
            LogEvents::Keyed(keyed) => keyed.clear(),
        }
        (self.evicted, self.last) = (number, number);
    }

    /// Drops everything, and counts the events up to this number as evicted.
    pub(super) fn restart_after(&mut self, number: u64) {
        while self.evict_oldest() {}
        match &mut self.events {
            LogEvents::Window(window) => window.shrink(),
            LogEvents::Keyed(keyed) => keyed.unload(),
        }
        self.begin_after(number);
    }

    /// Counts the events up to this number as evicted.
    pub(super) fn evict_through(&mut self, number: u64) {
        while self
            .as_window()
            .and_then(Window::oldest)
            .is_some_and(|oldest| oldest <= number)
        {
            self.evict_oldest();
        }
        if let LogEvents::Keyed(keyed) = &mut self.events {
            keyed.unload();
        }
        self.evicted = self.evicted.max(number);
        self.last = self.last.max(number);
    }

    /// Notes that there was no event between this number and those that are held. Until there is one, the log
    /// does not know more than up to where it may have lost any.
    pub(super) fn begin_no_later_than(&mut self, number: u64) {
        if self.evicted == self.last {
            self.evicted = self.evicted.min(number);
        }
    }

    /// Evicts the oldest event, of a keyed channel the oldest removal. Returns `false` if there is none.
    pub(super) fn evict_oldest(&mut self) -> bool {
        let evicted = match &mut self.events {
            LogEvents::Window(window) => window.pop(),
            LogEvents::Keyed(keyed) => keyed.forget_oldest_removal(),
        };
        self.evicted = self.evicted.max(evicted.unwrap_or_default());
        evicted.is_some()
    }

    /// Fails if no new event may be published.
    pub(super) fn check_open(&self) -> Result<(), PublishError> {
        match self.closed {
            true => Err(PublishError::Closed),
            false => Ok(()),
        }
    }

    /// Returns `true` if no new event may be published.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }
}
