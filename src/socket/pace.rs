use std::time::Duration;

/// The slowest pace at which a client may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) timeout: Duration,
    /// In bytes per second.
    pub(super) rate: u32,
}

impl Pace {
    /// Returns how long this many bytes may take.
    pub(super) fn time_for(&self, bytes: u64) -> Duration {
        let rate = u64::from(self.rate.max(1));
        let nanos = (bytes % rate) * 1_000_000_000 / rate;
        Duration::from_secs(bytes / rate) + Duration::from_nanos(nanos)
    }

    /// Returns how long a write may wait on a connection that reports room only once its client
    /// has read this many bytes.
    pub(super) fn patience(&self, step: u64) -> Duration {
        self.timeout.max(self.time_for(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: u32) -> Pace {
        Pace {
            timeout: Duration::from_secs(30),
            rate,
        }
    }

    #[test]
    fn bytes_take_their_time() {
        assert_eq!(at(1000).time_for(2500), Duration::from_millis(2500));
        assert_eq!(at(1000).time_for(0), Duration::ZERO);
        assert_eq!(at(3).time_for(1), Duration::from_nanos(333_333_333));
        assert_eq!(at(1).time_for(u64::MAX), Duration::from_secs(u64::MAX));
        assert_eq!(at(0).time_for(7), Duration::from_secs(7));
    }

    #[test]
    fn the_timeout_is_the_least_patience() {
        assert_eq!(at(1000).patience(29_000), Duration::from_secs(30));
        assert_eq!(at(1000).patience(31_000), Duration::from_secs(31));
    }
}
