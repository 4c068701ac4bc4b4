use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How many events a typed stream has sent, told to the body around it, however it is boxed.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventCount(Arc<AtomicU64>);

impl EventCount {
    /// Counts one more. Only one stream writes a count, so this need not be atomic as a whole.
    pub(crate) fn add(&self) {
        self.0.store(self.get() + 1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
