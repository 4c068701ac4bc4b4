use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{CloseReason, encode::Noted};

/// What a typed stream tells the body around it, however it is boxed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    events: AtomicU64,
    missed: AtomicU64,
    reason: OnceLock<CloseReason>,
}

impl Tally {
    /// Tells whether anybody else has it.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Counts one more event.
    pub(crate) fn add(&self) {
        add(&self.0.events, 1);
    }

    /// Returns how many events it has sent.
    pub(crate) fn events(&self) -> u64 {
        self.0.events.load(Ordering::Relaxed)
    }

    /// Returns how many events its client has missed.
    pub(crate) fn missed(&self) -> u64 {
        self.0.missed.load(Ordering::Relaxed)
    }

    /// Returns why it came to its end, if it has said so.
    pub(crate) fn reason(&self) -> Option<CloseReason> {
        self.0.reason.get().copied()
    }

    /// Heeds what an item has noted.
    pub(crate) fn heed(&self, noted: Noted) {
        match noted {
            Noted::Missed(missed) => add(&self.0.missed, missed),
            // The first reason holds, of streams that were merged.
            Noted::End(reason) => drop(self.0.reason.set(reason)),
        }
    }
}

/// Adds to a count. Only one stream writes it, so this need not be atomic as a whole.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}
