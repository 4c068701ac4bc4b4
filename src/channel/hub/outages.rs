//! The outages of the store of a hub.

use std::time::{Duration, Instant};

use crate::{
    store::{Outage, StoreError},
    sync::{Mutex, lock},
};

/// Records outages. Without the feature `metrics` there is none.
pub(super) trait OutageRecorder: Send + Sync {
    /// Records the beginning of an outage.
    fn begun(&self);

    /// Records the end of an outage, without a duration if the hub ends before the outage does.
    fn ended(&self, duration: Option<Duration>);
}

/// The present outage, if there is one, and where outages are reported.
pub(super) struct Outages {
    present: Mutex<Option<Outage>>,
    recorder: Option<&'static dyn OutageRecorder>,
}

impl Outages {
    pub(super) fn new(recorder: Option<&'static dyn OutageRecorder>) -> Self {
        Self {
            present: Mutex::default(),
            recorder,
        }
    }

    pub(super) fn present(&self) -> Option<Outage> {
        lock(&self.present).clone()
    }

    /// Notes a failed attempt to follow the store.
    pub(super) fn fail(&self, error: &StoreError, now: Instant) {
        let begins = {
            let mut present = lock(&self.present);
            let since = present.as_ref().map(|outage| outage.since);
            *present = Some(Outage::new(since.unwrap_or(now), error.clone()));
            since.is_none()
        };
        if begins {
            trace_begin(error);
            if let Some(recorder) = self.recorder {
                recorder.begun();
            }
        }
    }

    /// Notes that the store is followed again.
    pub(super) fn end(&self, now: Instant) {
        let ended = lock(&self.present).take();
        if let Some(ended) = ended {
            let duration = now.saturating_duration_since(ended.since);
            trace_end(duration);
            if let Some(recorder) = self.recorder {
                recorder.ended(Some(duration));
            }
        }
    }
}

impl Drop for Outages {
    fn drop(&mut self) {
        // A hub that is gone has no outage any more, or the gauge would never return to zero.
        if let (Some(recorder), Some(_)) = (self.recorder, self.present()) {
            recorder.ended(None);
        }
    }
}

#[cfg(feature = "tracing")]
fn trace_begin(error: &StoreError) {
    let cause = std::error::Error::source(error).map(tracing::field::display);
    tracing::warn!(target: "tower_sse", %error, cause, "store outage");
}

#[cfg(not(feature = "tracing"))]
fn trace_begin(_: &StoreError) {}

#[cfg(feature = "tracing")]
fn trace_end(duration: Duration) {
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "tower_sse", duration_ms, "store outage ended");
}

#[cfg(not(feature = "tracing"))]
fn trace_end(_: Duration) {}
