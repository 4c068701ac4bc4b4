//! The outage of a store.

use std::time::Instant;

use super::StoreError;

/// An outage of a store: a hub cannot follow it
/// ([`Hub::outage`](crate::Hub::<crate::Stored>::outage)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outage {
    /// The time of the first failed attempt, by the timer of the hub.
    pub since: Instant,
    /// The error of the last attempt.
    pub error: StoreError,
}

impl Outage {
    pub(crate) const fn new(since: Instant, error: StoreError) -> Self {
        Self { since, error }
    }
}
