pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};

/// Loom's, but a load reads the newest value, and other threads may go on before it is used. The
/// crate compares it with counts of references, which are std's: they order these threads too, and
/// loom does not know it.
#[derive(Default)]
pub(crate) struct AtomicUsize(loom::sync::atomic::AtomicUsize);

impl AtomicUsize {
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
