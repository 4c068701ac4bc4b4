//! Metrics of a hub, by the `metrics` facade.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::{HubOptions, outages::OutageRecorder};

const OPEN: &str = "sse_store_outages_open";
const TOTAL: &str = "sse_store_outages_total";
const DURATION: &str = "sse_store_outage_duration_seconds";

impl HubOptions {
    /// Records the outages of the hub's store ([`Hub::outage`](super::Hub::<crate::Stored>::outage)) with the
    /// [`metrics`] crate.
    ///
    /// | name | kind | value |
    /// |---|---|---|
    /// | `sse_store_outages_open` | gauge | hubs of this process that cannot follow their store now |
    /// | `sse_store_outages_total` | counter | outages that have begun |
    /// | `sse_store_outage_duration_seconds` | histogram | seconds from the first failed attempt to the end |
    ///
    /// The metrics have no labels: all hubs of a process count together. Install the recorder before the call, or
    /// it gets no descriptions. A hub in memory records nothing.
    pub fn metrics(mut self) -> Self {
        describe();
        self.outage_recorder = Some(&OutageMetrics);
        self
    }
}

fn describe() {
    let now = "Hubs that cannot follow their store";
    describe_gauge!(OPEN, Unit::Count, now);
    // So that it is there before the first outage.
    gauge!(OPEN).increment(0);
    describe_counter!(TOTAL, Unit::Count, "Outages of stores");
    let duration = "Duration of an outage of a store";
    describe_histogram!(DURATION, Unit::Seconds, duration);
}

struct OutageMetrics;

impl OutageRecorder for OutageMetrics {
    fn begun(&self) {
        gauge!(OPEN).increment(1);
        counter!(TOTAL).increment(1);
    }

    fn ended(&self, duration: Option<Duration>) {
        gauge!(OPEN).decrement(1);
        if let Some(duration) = duration {
            histogram!(DURATION).record(duration);
        }
    }
}
