//! The outages of the store of a hub.

use std::time::Instant;

use crate::{
    store::{Outage, StoreError},
    sync::{Mutex, lock},
};

/// The present outage, if there is one.
#[derive(Debug, Default)]
pub(super) struct Outages(Mutex<Option<Outage>>);

impl Outages {
    pub(super) fn present(&self) -> Option<Outage> {
        lock(&self.0).clone()
    }

    /// Notes a failed attempt to follow the store.
    pub(super) fn fail(&self, error: &StoreError, now: Instant) {
        let begins = {
            let mut present = lock(&self.0);
            let since = present.as_ref().map(|outage| outage.since);
            *present = Some(Outage::new(since.unwrap_or(now), error.clone()));
            since.is_none()
        };
        if begins {
            trace_begin(error);
        }
    }

    /// Notes that the store is followed again.
    pub(super) fn end(&self, now: Instant) {
        let ended = lock(&self.0).take();
        if let Some(ended) = ended {
            trace_end(&ended, now);
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
fn trace_end(ended: &Outage, now: Instant) {
    let duration = now.saturating_duration_since(ended.since);
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "tower_sse", duration_ms, "store outage ended");
}

#[cfg(not(feature = "tracing"))]
fn trace_end(_: &Outage, _: Instant) {}
