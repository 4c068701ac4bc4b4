use std::{fmt, str::FromStr};

use super::histogram::Histogram;

/// What came of a run, by its clients.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) received: u64,
    /// How many events were lost of which the client was told.
    pub(crate) told: u64,
    /// How many it was not told of.
    pub(crate) untold: u64,
    /// How long it took from the first event to the last delivery, in seconds.
    pub(crate) seconds: f64,
    /// Of the latencies, in milliseconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
    first: Option<u64>,
    latencies: Histogram,
}

impl Report {
    /// Counts a delivery.
    pub(crate) fn count(&mut self, sent: u64, now: u64) {
        let first = *self.first.get_or_insert(sent);
        self.received += 1;
        self.seconds = now.saturating_sub(first) as f64 / 1e9;
        self.latencies.count(now.saturating_sub(sent));
    }

    pub(crate) fn lose(&mut self, told: u64, untold: u64) {
        self.told += told;
        self.untold += untold;
    }
}

/// As a line that [`FromStr`] reads.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |share| self.latencies.quantile(share) / 1e6;
        let (median, p99) = (milliseconds(0.5), milliseconds(0.99));
        write!(f, "{} {} {} ", self.received, self.told, self.untold)?;
        write!(f, "{} {median} {p99}", self.seconds)
    }
}

impl FromStr for Report {
    type Err = std::num::ParseFloatError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut values = line.split(' ').map(f64::from_str);
        let mut next = || values.next().unwrap_or_else(|| "".parse());
        Ok(Self {
            received: next()? as u64,
            told: next()? as u64,
            untold: next()? as u64,
            seconds: next()?,
            median: next()?,
            p99: next()?,
            ..Self::default()
        })
    }
}
