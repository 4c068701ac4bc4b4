use std::time::Duration;

use crate::time::jitter;

/// The longest time that a stream may last. Its client then reconnects.
///
/// It spreads clients over servers that were added later, and makes handlers check tokens again.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it does nothing until a layer or a response has it"]
pub struct Lifetime {
    max: Option<Duration>,
    jitter: f64,
}

impl Lifetime {
    /// Ends every stream after this time.
    pub const fn new(max: Duration) -> Self {
        Self {
            max: Some(max),
            jitter: 0.0,
        }
    }

    /// Lets streams last without limit. This is the default.
    pub const fn unlimited() -> Self {
        Self {
            max: None,
            jitter: 0.0,
        }
    }

    /// Shortens the time by up to this share, drawn for each stream, so that streams that began
    /// together do not end together: 30 minutes with a jitter of 0.2 become 24 to 30 minutes.
    ///
    /// A share below 0 counts as 0, one above 1 as 1.
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
