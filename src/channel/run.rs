use std::{
    mem,
    time::{Duration, Instant},
};

/// The most events of one run.
const EVENTS: u16 = 1024;

/// After how many events the clock is read.
const EVENTS_A_LOOK: u16 = 16;

/// How long a run may last.
const TIME: Duration = Duration::from_millis(1);

/// How long a subscription has been ready without a break.
///
/// Tokio bounds its own channels by a number of events, but what holds up a thread is time: a slow
/// filter may drop one event after the other, in one poll of the stream that it is in.
#[derive(Debug, Default)]
pub(super) struct Run {
    events: u16,
    /// When the clock was first read.
    since: Option<Instant>,
}

impl Run {
    /// Counts an event. Returns `true`, and begins anew, if it is time for a break.
    #[inline]
    pub(super) fn is_over(&mut self, now: impl FnOnce() -> Instant) -> bool {
        self.events += 1;
        if self.events % EVENTS_A_LOOK != 0 {
            return false;
        }
        let now = now();
        let since = *self.since.get_or_insert(now);
        let is_over = self.events >= EVENTS || now.saturating_duration_since(since) >= TIME;
        if is_over {
            mem::take(self);
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns after how many events the first run is over, each of which takes this time.
    fn first(time: Duration) -> usize {
        let (start, mut run) = (Instant::now(), Run::default());
        let ends = |event: u32| run.is_over(|| start + time * event);
        (1..).map(ends).take_while(|is_over| !is_over).count()
    }

    #[test]
    fn ends_by_time() {
        // It looks at the clock after 16, 32 and 48 events.
        assert_eq!(first(Duration::from_millis(1)), 31);
        assert_eq!(first(Duration::from_micros(40)), 47);
    }

    #[test]
    fn ends_by_number() {
        assert_eq!(first(Duration::ZERO), 1023);
    }

    #[test]
    fn begins_anew() {
        let (now, mut run) = (Instant::now(), Run::default());
        let ends = (0..3000).filter(|_| run.is_over(|| now)).count();
        assert_eq!(ends, 2);
    }
}
