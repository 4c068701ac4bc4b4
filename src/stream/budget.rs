//! A bound for streams that are always ready.

use std::time::{Duration, Instant};

/// The most events before a break.
const MAX_EVENTS: u16 = 1024;

/// The number of events between two reads of the clock. The first reads are after 2, 4 and 8 events.
const EVENTS_PER_CLOCK_READ: u16 = 16;

/// The longest time before a break.
const MAX_TIME: Duration = Duration::from_millis(1);

/// The budget of events and of time after which a subscription yields to the runtime.
///
/// Tokio bounds its own channels by a number of events, but other tasks wait for a time, not for a number: a
/// slow filter may drop one event after the other, all in one poll of the stream that it is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollBudget {
    events: u16,
    /// The time of the first read of the clock.
    since: Option<Instant>,
}

impl PollBudget {
    pub(crate) const FULL: Self = Self {
        events: 0,
        since: None,
    };

    /// Returns `true` if it is time for a break.
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.events >= MAX_EVENTS
    }

    /// Counts an event. Do not call it for a poll that finds none: many subscriptions may be polled until
    /// one of them has an event.
    #[inline]
    pub(crate) fn spend(&mut self, now: impl FnOnce() -> Instant) {
        if self.is_spent() {
            return;
        }
        self.events += 1;
        // Not after the first: a subscriber that keeps up has one event for each poll.
        let is_early = self.events > 1 && self.events.is_power_of_two();
        if is_early || self.events % EVENTS_PER_CLOCK_READ == 0 {
            let now = now();
            let since = *self.since.get_or_insert(now);
            if now.saturating_duration_since(since) >= MAX_TIME {
                self.events = MAX_EVENTS;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of events after which a budget is spent, if each takes this time.
    fn events_until_spent(time: Duration) -> u32 {
        let (start, mut budget) = (Instant::now(), PollBudget::FULL);
        let mut events = 0;
        while !budget.is_spent() {
            events += 1;
            budget.spend(|| start + time * events);
        }
        events
    }

    #[test]
    fn ends_by_time() {
        // It looks at the clock after 2, 4, 8, 16, 32 and 48 events.
        assert_eq!(events_until_spent(Duration::from_secs(1)), 4);
        assert_eq!(events_until_spent(Duration::from_micros(500)), 4);
        assert_eq!(events_until_spent(Duration::from_micros(100)), 16);
        assert_eq!(events_until_spent(Duration::from_micros(25)), 48);
    }

    #[test]
    fn ends_by_number_and_stays_over() {
        assert_eq!(events_until_spent(Duration::ZERO), 1024);
        let mut budget = PollBudget::FULL;
        (0..1030).for_each(|_| budget.spend(Instant::now));
        assert!(budget.is_spent());
    }
}
