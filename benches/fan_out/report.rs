use std::{fmt, str::FromStr};

use super::histogram::Histogram;

/// What came of a run, by its clients.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) received: u64,
    /// How many lost events a notice reported to the client.
    pub(crate) reported: u64,
    /// How many no notice reported.
    pub(crate) unreported: u64,
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

    pub(crate) fn lose(&mut self, reported: u64, unreported: u64) {
        self.reported += reported;
        self.unreported += unreported;
    }
}

/// As a line that [`FromStr`] reads.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |share| self.latencies.quantile(share) / 1e6;
        let (median, p99) = (milliseconds(0.5), milliseconds(0.99));
        write!(
            f,
            "{} {} {} ",
            self.received, self.reported, self.unreported
        )?;
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
            reported: next()? as u64,
            unreported: next()? as u64,
            seconds: next()?,
            median: next()?,
            p99: next()?,
            ..Self::default()
        })
    }
}
