use std::sync::{Arc, Mutex, PoisonError};

use crate::SseOptions;

/// The options of one response, kept in its extensions and shared with its body.
///
/// A layer that finds a slot knows that another layer acts already: it adds its options, and the
/// body, however it has been boxed since, reads them when it is first polled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    options: Arc<Mutex<SseOptions>>,
    /// Whether the inner layer added a `Connection` header.
    pub(crate) added_connection: bool,
}

impl Slot {
    /// Puts the options that a handler has set before all others.
    pub(crate) fn put_first(&self, mut own: SseOptions) {
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        own.fill(&options);
        *options = own;
    }

    /// Fills in what is unset, and returns all.
    pub(crate) fn fill(&self, outer: &SseOptions) -> SseOptions {
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        options.fill(outer);
        options.clone()
    }

    pub(crate) fn options(&self) -> SseOptions {
        self.options
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
