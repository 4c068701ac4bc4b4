use std::time::Duration;

use crate::time::jitter;

/// The longest time that a stream may last. Its client then reconnects.
///
/// It spreads clients over the servers that have come since, and lets tokens be looked at again.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it does nothing until a layer or a response has it"]
pub struct Lifetime {
    max: Option<Duration>,
    jitter: f64,
}

impl Lifetime {
    /// Ends streams after this time, all after the same.
    pub const fn new(max: Duration) -> Self {
        Self {
            max: Some(max),
            jitter: 0.0,
        }
    }

    /// Lets streams last as long as they like. This is the default.
    pub const fn unlimited() -> Self {
        Self {
            max: None,
            jitter: 0.0,
        }
    }

    /// Takes up to this share off the time, drawn for each stream, so that those that began
    /// together do not end together: of 30 minutes with a jitter of 0.2, up to 6 minutes.
    ///
    /// What is below 0 counts as 0, what is above 1 as 1.
    pub const fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// Draws the time of one stream.
    pub(crate) fn draw(&self) -> Option<Duration> {
        let max = self.max?;
        // A NaN is not above 0.
        let share = if self.jitter > 0.0 {
            self.jitter.min(1.0)
        } else {
            0.0
        };
        let spread = Duration::try_from_secs_f64(max.as_secs_f64() * share);
        Some(max - jitter(spread.unwrap_or(max).min(max)))
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::unlimited()
    }
}
