//! The pauses between attempts.

use std::time::{Duration, Instant};

use crate::time::{SharedTimer, jitter_by};

/// The pauses between attempts: each is twice as long as the one before it, less up to half of it.
#[derive(Debug)]
pub(super) struct Backoff {
    timer: SharedTimer,
    begun: Instant,
    pauses: Pauses,
    next: Duration,
}

/// The first pause and the longest one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    pub(super) first: Duration,
    pub(super) max: Duration,
}

impl Backoff {
    pub(super) fn new(timer: &SharedTimer, pauses: Pauses) -> Self {
        Self {
            timer: timer.clone(),
            begun: timer.now(),
            pauses,
            next: pauses.first,
        }
    }

    /// Returns the pause after a failed attempt.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next.min(self.pauses.max);
        self.next = pause.saturating_mul(2);
        let measured = self.timer.now().saturating_duration_since(self.begun);
        pause - jitter_by(pause / 2, measured)
    }

    /// Forgets the failures, after a success.
    pub(super) fn reset(&mut self) {
        self.next = self.pauses.first;
    }
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use hyper_util::rt::TokioTimer;

    use super::*;

    #[test]
    fn doubles_up_to_its_maximum() {
        let mut backoff = Backoff::new(
            &SharedTimer::new(TokioTimer::new()),
            Pauses {
                first: Duration::from_millis(10),
                max: Duration::from_millis(35),
            },
        );
        let within = |pause: Duration, full: u64| {
            let full = Duration::from_millis(full);
            pause <= full && pause >= full / 2
        };
        for full in [10, 20, 35, 35] {
            assert!(within(backoff.pause(), full));
        }
        backoff.reset();
        assert!(within(backoff.pause(), 10));
    }
}
