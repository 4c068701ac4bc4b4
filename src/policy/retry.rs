use std::{ops::RangeInclusive, time::Duration};

use crate::time::jitter;

/// The time that a client waits before it reconnects, sent at the start of each stream.
///
/// Browsers wait that time exactly, without jitter or backoff. So by default each connection draws
/// its own time between 2 and 5 seconds: after a restart the clients do not all return in the same
/// instant. A `retry` that the handler sends comes later and replaces it.
///
/// Times are sent in whole milliseconds, rounded up, at most 2^31 - 1. Firefox waits at least half
/// a second.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a retry does nothing until a layer or a response has it"]
pub struct Retry(Option<RangeInclusive<Duration>>);

impl Retry {
    /// Draws a time from this range for each connection. If the range is reversed, its start is
    /// used.
    pub const fn spread(range: RangeInclusive<Duration>) -> Self {
        Self(Some(range))
    }

    /// Sends the same time to each connection.
    pub const fn fixed(time: Duration) -> Self {
        Self(Some(time..=time))
    }

    /// Sends no time: browsers then wait 3 or 5 seconds.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Draws the time for one connection.
    pub(crate) fn draw(&self) -> Option<Duration> {
        let range = self.0.as_ref()?;
        let width = range.end().saturating_sub(*range.start());
        Some(*range.start() + jitter(width))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::spread(Duration::from_secs(2)..=Duration::from_secs(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn draws_within_the_range_and_not_the_same() {
        let drawn: Vec<_> = (0..100).filter_map(|_| Retry::default().draw()).collect();
        assert!(
            drawn
                .iter()
                .all(|time| (2 * SECOND..=5 * SECOND).contains(time))
        );
        let below = drawn.iter().filter(|time| **time < 3 * SECOND).count();
        assert!(
            (10..60).contains(&below),
            "a third is expected, not {below} of 100"
        );
    }

    #[test]
    fn takes_odd_ranges() {
        assert_eq!(Retry::fixed(SECOND).draw(), Some(SECOND));
        assert_eq!(Retry::spread(SECOND..=Duration::ZERO).draw(), Some(SECOND));
        assert!(
            Retry::spread(Duration::ZERO..=Duration::MAX)
                .draw()
                .is_some()
        );
        assert_eq!(Retry::off().draw(), None);
    }
}
