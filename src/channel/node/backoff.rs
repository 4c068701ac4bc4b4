//! The pauses between attempts.

use std::time::Duration;

use crate::time::jitter;

/// The pauses between attempts: each is twice as long as the one before it, less up to half of it.
#[derive(Debug)]
pub(super) struct Backoff {
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
    pub(super) fn new(pauses: Pauses) -> Self {
        Self {
            pauses,
            next: pauses.first,
        }
    }

    /// Returns the pause after a failed attempt.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next.min(self.pauses.max);
        self.next = pause.saturating_mul(2);
        pause - jitter(pause / 2)
    }

    /// Forgets the failures, after a success.
    pub(super) fn reset(&mut self) {
        self.next = self.pauses.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_maximum() {
        let mut backoff = Backoff::new(Pauses {
            first: Duration::from_millis(10),
            max: Duration::from_millis(35),
        });
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
