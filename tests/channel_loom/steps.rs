//! Loom's atomics, as far as channels use them. What is read is the newest value, and other threads
//! may go on before it is used: the counts of references that it is held against order these
//! threads, of which loom knows nothing.

pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct AtomicUsize(loom::sync::atomic::AtomicUsize);

impl AtomicUsize {
    pub(crate) fn new(value: usize) -> Self {
        Self(loom::sync::atomic::AtomicUsize::new(value))
    }

    pub(crate) fn load(&self, _: Ordering) -> usize {
        let value = self.0.fetch_add(0, Ordering::AcqRel);
        self.0.load(Ordering::Relaxed);
        value
    }

    pub(crate) fn fetch_add(&self, value: usize, order: Ordering) -> usize {
        self.0.fetch_add(value, order)
    }

    pub(crate) fn fetch_sub(&self, value: usize, order: Ordering) -> usize {
        self.0.fetch_sub(value, order)
    }
}
