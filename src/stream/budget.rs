use std::time::{Duration, Instant};

/// The most events of one run.
const MAX_EVENTS: u16 = 1024;

/// After how many events the clock is read again. Before, it is read after 2, 4 and 8.
const EVENTS_PER_CLOCK_READ: u16 = 16;

/// How long a run may last.
const MAX_TIME: Duration = Duration::from_millis(1);

/// How long subscriptions have been ready without a break.
///
/// Tokio bounds its own channels by a number of events, but what holds up a thread is time: a slow
/// filter may drop one event after the other, in one poll of the stream that it is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollBudget {
    events: u16,
    /// When the clock was first read.
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

    /// Counts an event. A poll that finds none must not count: many subscriptions may be polled for one.
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

    /// Returns after how many events a run is over, each of which takes this time.
    fn over(time: Duration) -> u32 {
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
        assert_eq!(over(Duration::from_secs(1)), 4);
        assert_eq!(over(Duration::from_micros(500)), 4);
        assert_eq!(over(Duration::from_micros(100)), 16);
        assert_eq!(over(Duration::from_micros(25)), 48);
    }

    #[test]
    fn ends_by_number_and_stays_over() {
        assert_eq!(over(Duration::ZERO), 1024);
        let mut budget = PollBudget::FULL;
        (0..1030).for_each(|_| budget.spend(Instant::now));
        assert!(budget.is_spent());
    }
}
