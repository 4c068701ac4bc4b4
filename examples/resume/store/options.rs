//! How much the store retains.

use std::{num::NonZeroU32, time::Duration};

/// Options of a [`SqliteStore`](super::SqliteStore).
///
/// Names of topics and the newest entries of keyed topics are retained for ever. The hub bounds the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SqliteOptions {
    /// The maximum number of records in the tail.
    pub(crate) max_records: NonZeroU32,
    /// The maximum number of entries in a topic; in a keyed topic, of removals.
    pub(crate) max_events: NonZeroU32,
    /// The maximum age of entries, except those of keyed topics.
    pub(crate) max_age: Option<Duration>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            max_records: const { NonZeroU32::new(10_000).unwrap() },
            max_events: const { NonZeroU32::new(100_000).unwrap() },
            max_age: None,
        }
    }
}
